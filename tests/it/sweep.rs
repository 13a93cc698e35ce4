//! Sweeps: what becomes of one network when polynomials take the place of its activations.

use cryptoscope::activation::{Activation, Method, Polynomial};
use cryptoscope::inference::{Session, TrainOptions};
use cryptoscope::network::IntervalRule;
use cryptoscope::progress::Cancel;
use cryptoscope::scenario::{RunError, Scenario, Sources};
use cryptoscope::study::{Study as _, SweepEvent, SweepReport, SweepRequest, sweep};

fn session(settings: &[&str]) -> Session {
    let mut scenario = Scenario::open("digits").expect("built in");
    for setting in settings {
        scenario = scenario.with_setting(setting).expect("a field");
    }
    Session::open(&scenario, &Sources::default()).expect("opens")
}

fn request(methods: &[Method], degrees: &[usize]) -> SweepRequest {
    SweepRequest {
        methods: methods.to_vec(),
        degrees: degrees.to_vec(),
        intervals: vec![IntervalRule::Measured { quantile: 1.0, margin: 0.1 }],
        parts: 2,
        own: None,
        functions: vec![Some(Activation::Silu)],
        coarse_first: false,
        fine_tune: None,
        encrypted: false,
    }
}

#[test]
fn a_stopped_sweep_keeps_the_rows_it_has() {
    let session = session(&[]);
    let request = request(&[Method::Minimax], &[2, 3, 4]);
    let cancel = Cancel::default();
    let stop_at = |row: usize| {
        let cancel = Cancel::default();
        sweep(&session, &request, &cancel.clone(), &mut |event| {
            if matches!(event, SweepEvent::Doing { row: at, .. } if at == row) {
                cancel.cancel();
            }
        })
    };
    let whole = sweep(&session, &request, &cancel, &mut |_| {}).expect("sweeps");
    let part = stop_at(2).expect("two rows");
    assert_eq!((part.rows.len(), part.rows_left, whole.rows_left), (2, 1, 0));
    for (kept, same) in part.rows.iter().zip(&whole.rows) {
        assert_eq!((kept.degree, kept.replaced), (same.degree, same.replaced));
        assert!(kept.predicted.is_some());
    }
    assert!(matches!(stop_at(0), Err(RunError::Cancelled(_))), "nothing to keep");
}

#[test]
fn errors_fall_with_the_degree_and_rows_are_told_as_they_come() {
    let session = session(&[]);
    let mut told = Vec::new();
    let request = request(&[Method::Minimax, Method::Taylor], &[2, 5, 9]);
    let report =
        sweep(&session, &request, &Cancel::default(), &mut |e| told.push(e)).expect("sweeps");
    assert_eq!(report.rows.len(), 6);
    let (minimax, taylor) = report.rows.split_at(3);
    let errors: Vec<f64> =
        minimax.iter().map(|r| r.fit.as_ref().expect("fits").error_max).collect();
    assert!(errors.windows(2).all(|w| w[1] < w[0]), "{errors:?}");
    for (worse, better) in taylor.iter().zip(minimax) {
        let error = |r: &cryptoscope::study::SweepRow| r.fit.as_ref().map(|f| f.error_max);
        assert!(error(worse) >= error(better), "nothing beats minimax");
    }
    let best = minimax[2].replaced.expect("counted");
    assert!(best.agreement > 0.9 && best.samples_outside < 0.2, "{best:?}");
    assert!(
        matches!(&told[0], SweepEvent::Started { rows: 6, exact_accuracy, .. } if *exact_accuracy == report.exact_accuracy)
    );
    let mut last = vec![None; 6];
    for event in told {
        if let SweepEvent::Row { index, row } = event {
            last[index] = Some(*row);
        }
    }
    let last: Vec<_> = last.into_iter().flatten().collect();
    assert_eq!(last, report.rows, "the last word on each row is the report's");
    let back: SweepReport = serde_json::from_str(&report.to_json()).expect("reads back");
    assert_eq!(back.to_csv().lines().count(), 7);
    let csv = report.to_csv();
    assert_eq!(csv.lines().count(), 7);
    assert!(csv.starts_with("method,degree,interval") && csv.contains("\nminimax,5,measured,"));
}

#[test]
fn training_with_the_polynomial_recovers_what_replacing_lost() {
    let session = session(&[]);
    let options = TrainOptions { epochs: 5, ..TrainOptions::default() };
    let request = SweepRequest {
        functions: vec![Some(Activation::Relu)],
        fine_tune: Some(options),
        intervals: vec![IntervalRule::Given((-3.0, 3.0))],
        ..request(&[Method::ModifiedChebyshev], &[2])
    };
    let report = sweep(&session, &request, &Cancel::default(), &mut |_| {}).expect("sweeps");
    let row = &report.rows[0];
    let (replaced, trained) = (row.replaced.expect("counted"), row.trained.expect("trained"));
    assert!(trained.accuracy > replaced.accuracy, "{row:?}");
    assert!(trained.accuracy > 0.95, "{row:?}");
    assert_eq!(row.accuracy(), Some(trained.accuracy));
}

#[test]
fn a_degree_2_row_is_run_encrypted_and_agrees_with_its_network() {
    let session = session(&["images=40", "scheme.kind=bgv"]);
    let request = SweepRequest { encrypted: true, ..request(&[Method::LeastSquares], &[2, 4]) };
    let report = sweep(&session, &request, &Cancel::default(), &mut |_| {}).expect("sweeps");
    assert_eq!(report.images, 40);
    let run = report.rows[0].encrypted.expect("ran");
    assert!(run.right && run.agreement == 1.0 && run.margin_bits.is_some_and(|m| m > 0.0));
    let cost = report.rows[0].predicted.expect("planned");
    assert!(cost.security_bits >= 128 && cost.latency_secs > 0.0);
    let refused = report.rows[1].refusal.as_ref().expect("BGV carries degree 2");
    assert!(report.rows[1].encrypted.is_none() && !refused.is_empty());
    assert!(report.is_right());
}

#[test]
fn several_functions_and_coefficients_of_ones_own_are_rows_like_others() {
    let session = session(&["images=60"]);
    let own: Polynomial = "0.5x + 0.3x^2".parse().expect("a polynomial");
    let request = SweepRequest {
        own: Some(own.clone()),
        functions: vec![Some(Activation::Silu), Some(Activation::Tanh)],
        coarse_first: true,
        intervals: vec![IntervalRule::Given((-4.0, 4.0))],
        ..request(&[Method::LeastSquares, Method::Own], &[2, 3, 4])
    };
    let report = sweep(&session, &request, &Cancel::default(), &mut |_| {}).expect("sweeps");
    let degrees: Vec<_> = report.rows.iter().map(|r| (r.method, r.degree)).collect();
    let fitted = |degree| (Method::LeastSquares, degree);
    let coarse = [fitted(2), fitted(4), (Method::Own, 2)];
    assert_eq!(degrees, [&coarse[..], &coarse, &[fitted(3); 2]].concat());
    assert_eq!(report.function, "SiLU, tanh");
    let [silu, tanh] = [&report.rows[2], &report.rows[5]];
    // The same polynomial is as far from either function as it is; what it answers is the same.
    assert_eq!(silu.replaced.expect("counted").accuracy, tanh.replaced.expect("counted").accuracy);
    assert!(silu.original != tanh.original && silu.own.as_ref() == Some(&own));
    let error = tanh.fit.as_ref().expect("fits").error_max;
    // 0.5 * 4 + 0.3 * 16 less tanh(4), at the upper end.
    assert!((error - (6.8 - 4.0_f64.tanh())).abs() < 1e-6, "{error}");
    assert!(silu.layers.iter().all(|ends| *ends == Some((-4.0, 4.0))));
    let csv = report.to_csv();
    assert!(csv.contains("0.5x + 0.3x^2") && csv.contains("function,original_accuracy"));
}

#[test]
fn impossible_sweeps_are_refused_and_stopping_is_seen() {
    let keep = SweepRequest { functions: vec![None], ..request(&[Method::Minimax], &[2]) };
    let none = sweep(&session(&[]), &keep, &Cancel::default(), &mut |_| {}).unwrap_err();
    assert!(none.to_string().contains("is a polynomial already"), "{none}");
    let cancel = Cancel::default();
    cancel.cancel();
    let stopped = sweep(&session(&[]), &request(&[Method::Minimax], &[2]), &cancel, &mut |_| {});
    assert!(matches!(stopped, Err(RunError::Cancelled(_))));
}
