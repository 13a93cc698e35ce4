use crate::matching::*;
use data::Split;
use network::{self, accuracy};
use progress::Watch;

fn names(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}

/// A built-in dataset with other names and its samples sent through `change`.
fn altered(
    name: &str,
    classes: Vec<String>,
    features: Vec<String>,
    change: impl Fn(&[f32], u16) -> Option<(Vec<f32>, u16)>,
) -> Arc<Dataset> {
    let known = data::open(name, None).expect("built in");
    let len = known.shape().len();
    let split = |part: &Split| {
        let mut made = Split::default();
        for (row, label) in part.inputs.chunks(len).zip(&part.labels) {
            if let Some((row, label)) = change(row, *label) {
                made.inputs.extend(row);
                made.labels.push(label);
            }
        }
        made
    };
    let (train, test) = (split(known.train()), split(known.test()));
    let shape = match train.inputs.len() / train.labels.len().max(1) {
        same if same == len => known.shape(),
        len => Shape::Flat { len },
    };
    let made = Dataset::new("own", "tests", shape, classes, features, train, test);
    Arc::new(made.expect("fits"))
}

/// Accuracy of a built-in network on what it is matched with.
fn judged(network: &str, dataset: &Arc<Dataset>) -> (f64, Vec<String>) {
    let network = network::open(network).expect("built in");
    let Matched { dataset, notes } = layers(&network, dataset).expect("matches");
    let test = dataset.test();
    let outputs = network.forward_batch(&test.inputs, &Watch::silent()).expect("runs");
    assert_eq!(dataset.classes().len(), network.classes());
    (accuracy(&outputs, network.classes(), &test.labels), notes)
}

fn hospital() -> (Arc<Dataset>, f64) {
    let known = Arc::new(data::open("breast_cancer", None).expect("built in"));
    let (accuracy, notes) = judged("hospital", &known);
    assert_eq!(notes, Vec::<String>::new());
    (known, accuracy)
}

#[test]
fn columns_in_another_order_change_nothing() {
    let (known, expected) = hospital();
    let order: Vec<usize> = (0..30).map(|c| (7 * c + 3) % 30).collect();
    let features: Vec<String> =
        order.iter().map(|c| known.features()[*c].to_uppercase().replace(' ', "_")).collect();
    let turn = |row: &[f32], label| Some((order.iter().map(|c| row[*c]).collect(), label));
    let turned = altered("breast_cancer", known.classes().to_vec(), features.clone(), turn);
    let (found, notes) = judged("hospital", &turned);
    assert_eq!(found, expected);
    assert!(notes[0].contains("matched by name"), "{notes:?}");

    // With a column that the model does not take in front.
    let wide = std::iter::once("id".to_owned()).chain(features).collect();
    let with_id = |row: &[f32], label| {
        Some((std::iter::once(9.0).chain(order.iter().map(|c| row[*c])).collect(), label))
    };
    let wide = altered("breast_cancer", known.classes().to_vec(), wide, with_id);
    let (found, notes) = judged("hospital", &wide);
    assert_eq!(found, expected);
    assert!(notes[0].contains("id left out"), "{notes:?}");
}

#[test]
fn a_word_that_no_row_has_is_a_column_of_zeros() {
    let known = names(&["age", "ward=north", "ward=south", "ward=west"]);
    let split = || Split { inputs: vec![40.0, 0.0, 1.0], labels: vec![0], lengths: vec![] };
    let given = names(&["age", "ward=east", "ward=south"]);
    let (shape, classes) = (Shape::Flat { len: 3 }, names(&["a", "b"]));
    let data = Dataset::new("own", "tests", shape, classes.clone(), given, split(), split());
    let data = Arc::new(data.expect("fits"));
    let card = network::ModelCard { features: known.clone(), classes, ..Default::default() };
    let input = Shape::Flat { len: 4 };
    let (matched, notes) = match_to("m", &card, input, &data).expect("matches");
    assert_eq!(
        (&matched.test().inputs[..], matched.features()),
        (&[40.0, 0.0, 1.0, 0.0][..], &known[..])
    );
    let note = &notes[0];
    assert!(note.contains("ward=east left out; no row has ward=north, ward=west"), "{note}");
    let other = network::ModelCard { features: names(&["weight", "a", "b", "c"]), ..card };
    assert!(match_to("m", &other, input, &data).is_err());
}

#[test]
fn classes_in_another_order_change_nothing() {
    let (known, expected) = hospital();
    let swap = |row: &[f32], label| Some((row.to_vec(), 1 - label));
    let features = known.features().to_vec();
    let swapped =
        altered("breast_cancer", names(&["Benign", "malignant "]), features.clone(), swap);
    let (found, notes) = judged("hospital", &swapped);
    assert_eq!(found, expected);
    assert!(notes[0].contains("matched by name"), "{notes:?}");
    let network = network::open("hospital").expect("built in");
    for classes in [names(&["B", "M"]), names(&["0", "1"])] {
        let other = altered("breast_cancer", classes.clone(), features.clone(), swap);
        let text = layers(&network, &other).unwrap_err().to_string();
        for part in [&classes[0], "malignant, benign", "?classes="] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn whole_numbers_keep_their_value() {
    let known = data::open("digits", None).expect("built in");
    let network = network::open("digits").expect("built in");
    let outputs = network.forward_batch(&known.test().inputs, &Watch::silent()).expect("runs");
    for (kept, classes) in [
        (vec![1, 2, 7], names(&["1", "2.0", "07"])),
        (vec![0, 1, 2, 3, 4, 5, 6, 8, 9], names(&["0", "1", "2", "3", "4", "5", "6", "8", "9"])),
    ] {
        let position = |label| kept.iter().position(|k| *k == label).map(|p| p as u16);
        let few =
            altered("digits", classes, vec![], |row, label| Some((row.to_vec(), position(label)?)));
        // Counted here from the outputs on the whole set.
        let rows = outputs.chunks(10).zip(&known.test().labels);
        let some: Vec<_> = rows.filter(|(_, l)| kept.contains(l)).collect();
        let right = some.iter().filter(|(y, l)| network::argmax(y) == usize::from(**l)).count();
        let (found, notes) = judged("digits", &few);
        assert_eq!(found, right as f64 / some.len() as f64);
        assert!(found > 0.97, "{found}");
        assert!(notes[0].contains("of the 10 classes"), "{notes:?}");
        // The same with a model that names no classes, as old files are.
        let bare = network.clone().with_card(ModelCard::default()).expect("fits");
        let matched = layers(&bare, &few);
        if kept.len() == 9 {
            assert_eq!(matched.expect("matches").dataset.test().labels.iter().max(), Some(&9));
        } else {
            // 2.0 and 07 are no numbers of classes: by position, and said.
            assert!(matched.expect("matches").notes[0].contains("in their order, 1, 2.0, 07"));
        }
    }
}

#[test]
fn what_cannot_be_matched_is_refused_with_both_sides() {
    let network = network::open("digits").expect("built in");
    let mut classes: Vec<String> = (0..10).map(|c| c.to_string()).collect();
    classes[3] = "10".into();
    let other = altered("digits", classes, vec![], |row, label| Some((row.to_vec(), label)));
    let text = layers(&network, &other).unwrap_err().to_string();
    assert!(text.contains("does not know class 10 of dataset own"), "{text}");
    let iris = Arc::new(data::open("iris", None).expect("built in"));
    let text = layers(&network, &iris).unwrap_err().to_string();
    assert!(text.contains("shape 1x8x8") && text.contains("shape 4"), "{text}");
    let hospital = network::open("hospital").expect("built in");
    let text = layers(&hospital, &iris).unwrap_err().to_string();
    for part in ["takes a column mean radius", "it has sepal length (cm)"] {
        assert!(text.contains(part), "{text}");
    }
    let (known, _) = self::hospital();
    let twice = altered(
        "breast_cancer",
        names(&["benign", "Benign"]),
        known.features().to_vec(),
        |row, label| Some((row.to_vec(), label)),
    );
    let text = layers(&hospital, &twice).unwrap_err().to_string();
    assert!(text.contains("two, benign and Benign"), "{text}");
}
