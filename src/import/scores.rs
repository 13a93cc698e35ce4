//! The end of a network: one output for each class.

use super::expression::{Expression, Function};
use super::flow::Flow;
use super::nodes::Reading;
use network::Op;

/// Ends the layers with the scores that `outputs` of the graph come from.
///
/// # Errors
/// When there are several, or none.
pub fn finish(reading: &mut Reading, outputs: &[String]) -> Result<(), String> {
    let scores = match reading.scores.take() {
        Some((flow, by)) => {
            let by = by.trim_start_matches("ml.");
            let by = match by {
                "LinearClassifier" => "the decision of LinearClassifier",
                other => other,
            };
            reading.notes.push(format!(
                "{by} at the end is left out: it does not change which class has the largest score"
            ));
            flow
        }
        None => {
            let mut flows = outputs.iter().filter_map(|name| reading.flow(name));
            match (flows.next(), flows.next()) {
                (Some(flow), None) => flow.clone(),
                (None, _) => return Err("gives nothing that depends on the input".into()),
                _ => {
                    return Err(format!(
                        "gives {} results; networks with one, the scores of classes, are read",
                        outputs.len()
                    ));
                }
            }
        }
    };
    reading.layers.close();
    let scores = raised(reading, scores)?;
    if scores.len() == 1 { two_of_one(reading) } else { Ok(()) }
}

/// A function at the end is left out where it rises everywhere.
fn raised(reading: &mut Reading, scores: Flow) -> Result<Flow, String> {
    let Expression::Of(Function::Sigmoid | Function::Tanh | Function::Softplus, inner) =
        &scores.expression
    else {
        return reading.layers.done(&scores);
    };
    let inner = scores.with((**inner).clone());
    reading.notes.push(
        "the function at the end is left out: it rises, so it does not change which class has the largest score".into(),
    );
    reading.layers.done(&inner)
}

/// A network with one output says yes above 0: as two outputs, no and yes.
fn two_of_one(reading: &mut Reading) -> Result<(), String> {
    let one = "gives a single number; one output for each class is needed";
    let layers = &mut reading.layers;
    let Some(Op::Dense { outputs, weight, bias, .. }) = layers.layers.last_mut().map(|l| &mut l.op)
    else {
        return Err(one.into());
    };
    let negative = |values: &[f32]| values.iter().map(|v| -v).collect::<Vec<_>>();
    *weight = [negative(weight), weight.clone()].concat();
    *bias = [negative(bias), bias.clone()].concat();
    *outputs = 2;
    layers.shape = data::Shape::Flat { len: 2 };
    reading.notes.push(
        "one output is read as two classes: the second where it is above 0 (a probability above one half)".into(),
    );
    Ok(())
}
