//! Polynomials in the place of activations, from a scenario to accuracy in the clear.

use crate::sample::{random_dataset, random_network};
use cryptoscope::activation::{Activation, Method};
use cryptoscope::inference::Session;
use cryptoscope::network::{Approximations, IntervalRule};
use cryptoscope::progress::Cancel;
use cryptoscope::scenario::{RunError, Scenario};
use std::sync::Arc;

fn session(activation: &Activation) -> Session {
    let dataset = Arc::new(random_dataset(3, 10, 15, 700));
    let network = Arc::new(random_network(3, 1, 10, 15, activation));
    let scenario = Scenario::open("digits").expect("built in");
    Session::with(&scenario, dataset, network).expect("they fit together")
}

fn approximations(method: Method, degree: usize) -> Approximations {
    Approximations {
        function: None,
        method,
        degree,
        parts: 2,
        own: None,
        interval: IntervalRule::Measured { quantile: 1.0, margin: 0.1 },
        layers: Vec::new(),
    }
}

#[test]
fn agreement_rises_with_the_degree() {
    let session = session(&Activation::Relu);
    let cancel = Cancel::default();
    let data = session.measure_activations(&cancel).expect("measures");
    assert_eq!(data.layers.len(), 1);
    assert_eq!(data.samples, 2048);
    assert_eq!(data.layers[0].histogram.total(), 20_480);
    for method in [Method::Minimax, Method::WeightedLeastSquares, Method::CompositeMinimax] {
        let mut agreements = Vec::new();
        for degree in [1, 4, 15] {
            let mut parts = Vec::new();
            let check = session
                .check_approximations(&data, &approximations(method, degree), &cancel, |c| {
                    parts.push(c.clone());
                })
                .expect("checks");
            assert_eq!(parts.iter().map(|p| p.samples).collect::<Vec<_>>(), [256, 700]);
            assert_eq!(parts.last(), Some(&check));
            assert_eq!(check.ranges.len(), 1);
            assert_eq!(check.ranges[0].values, 7000);
            assert!(check.ranges[0].values_outside < 70, "{:?}", check.ranges[0]);
            assert!((0.0..=1.0).contains(&check.accuracy) && check.depth >= 1);
            agreements.push(check.agreement);
        }
        assert!(
            agreements[0] <= agreements[2] && agreements[2] > 0.97,
            "{method:?} {agreements:?}"
        );
    }
}

#[test]
fn the_exact_function_is_a_reference() {
    let session = session(&Activation::Square);
    let cancel = Cancel::default();
    let data = session.measure_activations(&cancel).expect("measures");
    let own = session.accuracy_with(&Activation::Square, &cancel).expect("runs");
    let check = session
        .check_approximations(&data, &approximations(Method::Minimax, 2), &cancel, |_| ())
        .expect("checks");
    assert!(check.ranges.is_empty(), "polynomials of the model stay");
    assert_eq!((check.accuracy, check.agreement), (own, 1.0));
    assert_eq!(check.model_accuracy, own);
    let exact = session.accuracy_with(&Activation::Relu, &cancel).expect("runs");
    let relu =
        Approximations { function: Some(Activation::Relu), ..approximations(Method::Minimax, 31) };
    let check = session.check_approximations(&data, &relu, &cancel, |_| ()).expect("checks");
    assert_eq!(check.ranges.len(), 1);
    assert!((check.accuracy - exact).abs() < 0.03, "{} {exact}", check.accuracy);
}

#[test]
fn values_outside_are_told_by_layer() {
    let session = session(&Activation::Relu);
    let data = session.measure_activations(&Cancel::default()).expect("measures");
    let narrow = Approximations {
        interval: IntervalRule::Given((-5.0, 5.0)),
        ..approximations(Method::Minimax, 6)
    };
    let check =
        session.check_approximations(&data, &narrow, &Cancel::default(), |_| ()).expect("checks");
    let range = &check.ranges[0];
    assert_eq!(range.layer, "act0");
    assert!(range.samples_outside > 600 && range.values_outside > range.samples_outside);
    assert!(range.reach() > 2.0 && range.lowest < -5.0 && range.highest > 5.0);
}

#[test]
fn a_check_stops_when_asked_and_refuses_what_has_no_answer() {
    let session = session(&Activation::Relu);
    let data = session.measure_activations(&Cancel::default()).expect("measures");
    let cancel = Cancel::default();
    let stopped =
        session.check_approximations(&data, &approximations(Method::Minimax, 4), &cancel, |_| {
            cancel.cancel()
        });
    assert!(matches!(stopped, Err(RunError::Cancelled(_))));
    let refused = session.check_approximations(
        &data,
        &approximations(Method::Taylor, 4),
        &Cancel::default(),
        |_| (),
    );
    let text = refused.unwrap_err().to_string();
    assert!(text.starts_with("activation: layer act0: Taylor for ReLU"), "{text}");
}

#[test]
fn a_scenario_takes_any_method() {
    let fitted = |method: &str, degree: &str| {
        let scenario = Scenario::open("digits")
            .and_then(|s| s.with_setting(&format!("activation.method={method}")))
            .and_then(|s| s.with_setting(&format!("activation.degree={degree}")))
            .expect("known fields");
        let session = session(&Activation::Tanh);
        let session = Session::with(&scenario, session.dataset, session.network).expect("fits");
        session.polynomial_network()
    };
    for method in Method::ALL {
        match fitted(method.id(), "9") {
            Ok(network) => {
                assert!(network.layers().iter().all(|l| match &l.op {
                    cryptoscope::network::Op::Activation(a) => a.is_polynomial(),
                    _ => true,
                }));
            }
            Err(error) => {
                assert!(
                    method.applies_to(&Activation::Tanh).is_err()
                        || method == Method::Published
                        || method.takes_coefficients()
                );
                assert!(error.to_string().starts_with("activation: layer act0: "), "{error}");
            }
        }
    }
}
