//! A network of layers as an ONNX file.

use super::{functions, metadata};
use data::Shape;
use network::{Layer, Network, Op, Padding};
use onnx::{Graph, Setting};

/// The bytes of an ONNX file (operator set 17) of what `network` computes in floating point. Its input are
/// normalised values, `(raw - offset) / scale` by the metadata of the file, which also has the names of
/// classes and columns.
pub fn layers(network: &Network) -> Vec<u8> {
    let mut graph = Graph::new(network.name(), &axes(network.input()));
    let mut value = Graph::INPUT.to_owned();
    let mut shape = network.input();
    for (layer, output) in network.layers().iter().zip(network.shapes()) {
        value = add(&mut graph, layer, &value, shape);
        shape = *output;
    }
    if !matches!(shape, Shape::Flat { .. }) {
        value = graph.node("scores", "Flatten", &[&value], &[("axis", Setting::Int(1))]);
    }
    let said = metadata::of(network.card(), network.normalisation(), network.provenance());
    graph.finish(&value, network.classes(), said)
}

/// The axes of a sample.
fn axes(shape: Shape) -> Vec<Option<usize>> {
    match shape {
        Shape::Image { channels, height, width } => [channels, height, width].map(Some).to_vec(),
        Shape::Flat { len } => vec![Some(len)],
        Shape::Sequence { steps, channels } => vec![Some(steps), Some(channels)],
    }
}

fn add(graph: &mut Graph, layer: &Layer, x: &str, input: Shape) -> String {
    let name = layer.name.as_str();
    match &layer.op {
        Op::Dense { inputs, outputs, weight, bias } => {
            let flat = match input {
                Shape::Flat { .. } => x.to_owned(),
                _ => {
                    let axis = [("axis", Setting::Int(1))];
                    graph.node(&format!("{name}/flat"), "Flatten", &[x], &axis)
                }
            };
            let weight = graph.weight(&format!("{name}.weight"), &[*outputs, *inputs], weight);
            let bias = bias_of(graph, name, bias);
            let used: Vec<&str> =
                [flat.as_str(), &weight].into_iter().chain(bias.as_deref()).collect();
            graph.node(name, "Gemm", &used, &[("transB", Setting::Int(1))])
        }
        Op::Conv2d { in_channels, out_channels, kernel, stride, padding, weight, bias } => {
            let dims = [*out_channels, *in_channels, kernel.0, kernel.1];
            let weight = graph.weight(&format!("{name}.weight"), &dims, weight);
            let bias = bias_of(graph, name, bias);
            let used: Vec<&str> = [x, &weight].into_iter().chain(bias.as_deref()).collect();
            graph.node(name, "Conv", &used, &windows(*kernel, *stride, *padding))
        }
        Op::AvgPool { kernel, stride, padding } => {
            mean(graph, name, x, (*kernel, *stride, *padding))
        }
        Op::SumPool { kernel, stride, padding } => {
            let means = mean(graph, &format!("{name}/mean"), x, (*kernel, *stride, *padding));
            let area = (kernel.0 * kernel.1) as f32;
            let area = graph.weight(&format!("{name}/area"), &[], &[area]);
            graph.node(name, "Mul", &[&means, &area], &[])
        }
        Op::MaxPool { kernel, stride, padding } => {
            graph.node(name, "MaxPool", &[x], &windows(*kernel, *stride, *padding))
        }
        Op::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            let fields = [("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)];
            let [gamma, beta, mean, variance] = fields.map(|(field, values)| {
                graph.weight(&format!("{name}.{field}"), &[values.len()], values)
            });
            let used = [x, &gamma, &beta, &mean, &variance];
            graph.node(name, "BatchNormalization", &used, &[("epsilon", Setting::Float(*epsilon))])
        }
        Op::Scale { scale, shift } => {
            let dims: Vec<usize> = axes(input).into_iter().flatten().collect();
            let factor = graph.weight(&format!("{name}.scale"), &dims, scale);
            if shift.is_empty() {
                return graph.node(name, "Mul", &[x, &factor], &[]);
            }
            let scaled = graph.node(&format!("{name}/scaled"), "Mul", &[x, &factor], &[]);
            let shift = graph.weight(&format!("{name}.shift"), &dims, shift);
            graph.node(name, "Add", &[&scaled, &shift], &[])
        }
        Op::Flatten => graph.node(name, "Flatten", &[x], &[("axis", Setting::Int(1))]),
        Op::Branch { from } => graph.node(name, "Identity", &[value_of(from)], &[]),
        Op::Add { from } => graph.node(name, "Add", &[x, value_of(from)], &[]),
        Op::Concat { from } => {
            graph.node(name, "Concat", &[value_of(from), x], &[("axis", Setting::Int(1))])
        }
        Op::Activation(function) => functions::add(graph, name, x, function),
    }
}

/// The value that an earlier layer gave, or the input.
fn value_of(from: &Option<String>) -> &str {
    from.as_deref().unwrap_or(Graph::INPUT)
}

fn bias_of(graph: &mut Graph, name: &str, bias: &[f32]) -> Option<String> {
    (!bias.is_empty()).then(|| graph.weight(&format!("{name}.bias"), &[bias.len()], bias))
}

/// Height and width of something.
type Size = (usize, usize);

fn windows(kernel: Size, stride: Size, padding: Padding) -> Vec<(&'static str, Setting)> {
    let ints = |values: &[usize]| Setting::Ints(values.iter().map(|v| *v as i64).collect());
    let Padding { top, bottom, left, right } = padding;
    vec![
        ("kernel_shape", ints(&[kernel.0, kernel.1])),
        ("strides", ints(&[stride.0, stride.1])),
        ("pads", ints(&[top, left, bottom, right])),
    ]
}

fn mean(
    graph: &mut Graph,
    name: &str,
    x: &str,
    (kernel, stride, padding): (Size, Size, Padding),
) -> String {
    let mut settings = windows(kernel, stride, padding);
    settings.push(("count_include_pad", Setting::Int(1)));
    graph.node(name, "AveragePool", &[x], &settings)
}
