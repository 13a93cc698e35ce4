use super::graph::{Batch, Graph, Values};
use super::*;
use crate::recurrent::{Cell, CellKind, RecurrentModel, RecurrentParts, Sequences};
use crate::train::TrainEvent;
use activation::{Activation, ChebyshevSeries, Method};
use candle_core::{Device, Tensor};
use progress::{Cancel, Watch};

const SAMPLES: usize = 3;
const STEPS: usize = 5;
const LENGTHS: [u16; SAMPLES] = [5, 3, 2];

fn raw() -> Vec<f32> {
    (0..SAMPLES * STEPS * 2).map(|i| ((i * 37 + 5) % 23) as f32 / 11.0 - 1.0).collect()
}

fn batch() -> Batch {
    let raw = raw();
    let mut rows = Vec::new();
    for step in 0..STEPS {
        for sample in 0..SAMPLES {
            let begun = step + usize::from(LENGTHS[sample]) >= STEPS;
            let row = &raw[(sample * STEPS + step) * 2..][..2];
            rows.extend(row.iter().map(|x| if begun { *x } else { 0.0 }));
        }
    }
    let begun = |step: usize| {
        let column: Vec<f32> = LENGTHS
            .iter()
            .map(|l| if step + usize::from(*l) >= STEPS { 1.0 } else { 0.0 })
            .collect();
        Some(Tensor::from_vec(column, (SAMPLES, 1), &Device::Cpu).expect("fits"))
    };
    Batch {
        samples: SAMPLES,
        steps: STEPS,
        values: Values::Numbers(
            Tensor::from_vec(rows, (STEPS * SAMPLES, 2), &Device::Cpu).expect("fits"),
        ),
        begun: (0..STEPS).map(begun).collect(),
        state_noise: None,
        keep: None,
    }
}

/// A sum of logits, each with its own weight, by plaintext inference.
fn objective(model: &RecurrentModel) -> f64 {
    let raw = raw();
    let prepared = model.prepare(Sequences { inputs: &raw, lengths: &LENGTHS, steps: STEPS });
    let logits = model.forward(&prepared.expect("fits"), &Watch::silent()).expect("runs");
    logits.iter().enumerate().map(|(i, l)| l * ((i % 4) as f64 - 1.2)).sum()
}

fn models() -> Vec<RecurrentModel> {
    let series = ChebyshevSeries::new((-3.0, 3.0), vec![0.0, 1.1, 0.05, -0.1]);
    let elman = RecurrentModel::random(2, 4, 3, 1, CellKind::Elman, 4);
    let polynomial = elman.with_activations(&[Some(Activation::Chebyshev(series))]);
    vec![
        elman,
        RecurrentModel::random(2, 3, 3, 2, CellKind::Elman, 5),
        RecurrentModel::random(2, 3, 3, 2, CellKind::Gru, 6),
        polynomial.expect("allowed"),
        RecurrentModel::random(2, 3, 3, 2, CellKind::Lstm, 7),
    ]
}

#[test]
fn the_graph_gives_the_logits_of_inference() {
    for model in models() {
        let graph = Graph::new(&model, None).expect("builds");
        let logits = graph.forward(&batch()).expect("runs").logits;
        let logits = logits.flatten_all().expect("flat").to_vec1::<f32>().expect("floats");
        let raw = raw();
        let prepared = model.prepare(Sequences { inputs: &raw, lengths: &LENGTHS, steps: STEPS });
        let exact = model.forward(&prepared.expect("fits"), &Watch::silent()).expect("runs");
        for (a, b) in logits.iter().zip(&exact) {
            assert!((f64::from(*a) - b).abs() < 1e-5, "{a} for {b}");
        }
        assert_eq!(graph.model(&model).expect("runs").expect("fits"), model);
    }
}

#[test]
fn slopes_are_those_of_differences() {
    for model in models() {
        let graph = Graph::new(&model, None).expect("builds");
        let logits = graph.forward(&batch()).expect("runs").logits;
        let factors: Vec<f32> = (0..SAMPLES * 3).map(|i| (i % 4) as f32 - 1.2).collect();
        let factors = Tensor::from_vec(factors, (SAMPLES, 3), &Device::Cpu).expect("fits");
        let sum = (logits * factors).expect("fits").sum_all().expect("sums");
        let gradients = sum.backward().expect("runs");
        let variables = graph.variables();
        // The recurrent weights of the first gate of the first layer stand second.
        let slope = gradients.get(&variables[1]).expect("there").flatten_all().expect("flat");
        let slope = slope.to_vec1::<f32>().expect("floats");
        for (at, slope) in slope.iter().enumerate() {
            let moved = |by: f32| {
                let mut parts: RecurrentParts = model.parts().clone();
                match &mut parts.layers[0].cell {
                    Cell::Elman(gate)
                    | Cell::Gru { reset: gate, .. }
                    | Cell::Lstm { input: gate, .. } => gate.recurrent[at] += by,
                }
                objective(&RecurrentModel::new(parts).expect("fits"))
            };
            let step = 1.0 / 256.0;
            let expected = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            assert!((f64::from(*slope) - expected).abs() < 2e-4, "{slope} for {expected}");
        }
    }
}

fn short() -> RecurrentRecipe {
    let mut recipe = RecurrentRecipe::built_in("cryptornn-tanh").expect("is there");
    recipe.hidden = vec![6];
    recipe.stages[0].epochs = 3;
    let mut polynomial = recipe.stages[0].clone();
    polynomial.name = "polynomial".into();
    polynomial.epochs = 2;
    polynomial.polynomials = Some(StepPolynomials { method: Method::LeastSquares, degree: 3 });
    recipe.stages.push(polynomial);
    recipe
}

#[test]
fn the_same_seed_trains_the_same_model() {
    let (recipe, dataset) = (short(), data::open("waves", None).expect("made"));
    let train = |seed: u64, events: &mut Vec<TrainEvent>| {
        let (dataset, validation, patience) = (&dataset, Some(100), None);
        RecurrentTraining { recipe: &recipe, dataset, seed, validation, patience }
            .run(&Watch::silent(), &mut |e| events.push(e))
            .expect("trains")
    };
    let mut events = Vec::new();
    let first = train(1, &mut events);
    assert_eq!(train(1, &mut Vec::new()), first);
    assert_ne!(train(2, &mut Vec::new()).model, first.model);
    assert_eq!(first.history.len(), 5);
    assert!(first.history[2].loss < first.history[0].loss);
    assert!(first.model.layers()[0].gates()[0].1.activation.is_polynomial());
    assert!(first.history.iter().all(|e| e.share_inside.is_some_and(|s| s > 0.9)));
    assert!(first.validation_accuracy.is_some());
    let epochs = events.iter().filter(|e| matches!(e, TrainEvent::Epoch { .. })).count();
    assert_eq!(epochs, 5);
}

#[test]
fn training_stops_when_asked_to_and_refuses_what_does_not_fit() {
    let (recipe, dataset) = (short(), data::open("waves", None).expect("made"));
    let cancel = Cancel::default();
    cancel.cancel();
    let run = |dataset: &data::Dataset, recipe: &RecurrentRecipe, validation, watch: &Watch| {
        let (seed, validation, patience) = (1, Some(validation), None);
        RecurrentTraining { recipe, dataset, seed, validation, patience }
            .run(watch, &mut |_| {})
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    let stopped = run(&dataset, &recipe, 0, &Watch::new(cancel, &|_| {}));
    assert_eq!(stopped, Err("cancelled".into()));
    let silent = Watch::silent();
    assert!(run(&data::open("iris", None).expect("there"), &recipe, 0, &silent).is_err());
    assert!(run(&dataset, &recipe, 1024, &silent).is_err());
}
