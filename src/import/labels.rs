//! What the classes of a model of scikit-learn are called: its converter writes them into the graph.

use onnx::{Model, Tensor};

/// Texts or whole numbers that stand for the classes; `None` where the graph has none.
pub fn class_names(model: &Model) -> Option<Vec<String>> {
    model.nodes.iter().find_map(|node| match node.op.as_str() {
        "ml.LinearClassifier" | "ml.ZipMap" => {
            let a = &node.attributes;
            let texts = a.texts("classlabels_strings").filter(|t| !t.is_empty());
            let numbers = ["classlabels_ints", "classlabels_int64s"];
            let numbers = numbers.iter().find_map(|name| a.ints(name)).filter(|n| !n.is_empty());
            texts.map(<[String]>::to_vec).or_else(|| numbers.map(written))
        }
        // The class is taken out of a list, by its number.
        "ml.ArrayFeatureExtractor" => {
            let list = node.inputs.first()?;
            let texts = model.texts.get(list).cloned();
            texts.or_else(|| model.weights.get(list).and_then(Tensor::whole).map(written))
        }
        _ => None,
    })
}

fn written(numbers: &[i64]) -> Vec<String> {
    numbers.iter().map(i64::to_string).collect()
}
