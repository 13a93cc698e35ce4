//! Lookup tables from a scenario to its report.

use cryptoscope::circuit::StageKind;
use cryptoscope::experiment::Experiment;
use cryptoscope::inference::{KeyShelf, Session};
use cryptoscope::progress::Cancel;
use cryptoscope::report::{Event, Phase, RunReport};
use cryptoscope::scenario::{RunError, Scenario, Sources};
use cryptoscope::study::{CompareEvent, Study as _, compare, scheme_ways};
use std::sync::Mutex;

fn session(settings: &[&str]) -> Session {
    let mut scenario = Scenario::open("hospital").unwrap();
    scenario.images = Some(3);
    scenario.threads = Some(2);
    scenario.seed = 5;
    for setting in settings {
        scenario = scenario.with_setting(setting).unwrap();
    }
    Session::open(&scenario, &Sources::default()).unwrap()
}

const LOOKUP: [&str; 2] = ["activation.kind=lookup", "activation.bits=3"];

#[test]
fn an_encrypted_run_answers_as_the_tables_do_and_shows_its_noise() {
    let session = session(&LOOKUP);
    let (arrived, phases) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let report = session
        .run(&Cancel::default(), &|event| match event {
            Event::Samples(samples) => {
                arrived.lock().unwrap().push(samples.iter().map(|s| s.index).collect::<Vec<_>>());
            }
            Event::Progress { phase, fraction, .. } => {
                assert!((0.0..=1.0).contains(&fraction));
                let mut phases = phases.lock().unwrap();
                assert!(phases.last().is_none_or(|(_, before)| *before <= fraction));
                phases.push((phase, fraction));
            }
            _ => {}
        })
        .unwrap();
    // Sample by sample, so that the accuracy grows while one watches.
    assert_eq!(*arrived.lock().unwrap(), vec![vec![0], vec![1], vec![2]]);
    let phases = phases.into_inner().unwrap();
    // Encrypted, evaluated and decrypted sample by sample.
    let last = phases.iter().map(|(phase, _)| *phase).max();
    assert_eq!((phases[0].0, last), (Phase::Plain, Some(Phase::Decrypt)));
    assert!(phases.iter().any(|(phase, _)| *phase == Phase::Keygen));
    // The third of three samples is told as such, not as a third of the first.
    assert!(phases.last().is_some_and(|(_, done)| *done > 0.6), "{:?}", phases.last());
    assert!(report.is_right() && report.encrypted.wrong_outputs == 0);
    assert_eq!(report.scheme.kind, "tfhe");
    assert!(report.scheme.security_bits >= 128);
    assert_eq!((report.activation.kind.as_str(), report.activation.bits), ("lookup", Some(3)));
    assert!(report.encrypted.max_abs_error <= report.encrypted.error_bound.unwrap());
    let tables = report.tables.as_ref().unwrap();
    let lookups: u64 = tables.tables.iter().map(|t| t.lookups).sum();
    assert_eq!(lookups, 3 * tables.lookups as u64);
    assert!(tables.tables.iter().all(|t| t.wrong_bin == 0));
    assert_eq!(tables.inputs.samples, 3 * session.network.input().len() as u64);
    assert!(report.stages.iter().any(|s| s.kind == StageKind::Lookup));
    // The scores of three samples are too few to say how likely a wrong one is.
    let (scores, others) = report.stages.split_last().unwrap();
    assert_eq!(scores.margin_bits_measured, None);
    let margins: Vec<f64> = others.iter().filter_map(|s| s.margin_bits_measured).collect();
    assert!(!margins.is_empty() && margins.iter().all(|m| *m > 20.0), "{margins:?}");
    let plan = session.plan().unwrap();
    assert_eq!(report.bytes.evaluation_keys, plan.bytes.evaluation_keys, "sizes as predicted");
    assert_eq!(report.bytes.upload, plan.bytes.upload);
    assert_eq!(report.bytes.download, plan.bytes.download);
    let json = serde_json::to_string(&report).unwrap();
    let back: RunReport = serde_json::from_str(&json).unwrap();
    let lookups = |r: &RunReport| r.tables.as_ref().map(|t| t.tables[0].lookups);
    assert_eq!(lookups(&back), lookups(&report));
    assert_eq!((back.bytes, back.stages.len()), (report.bytes, report.stages.len()));
}

#[test]
fn what_cannot_work_is_refused_with_what_would() {
    let refused = |settings: &[&str], part: &str| {
        let text = session(settings).plan().unwrap_err().to_string();
        assert!(text.contains(part) && !text.contains('\n'), "{text}");
    };
    refused(&["activation.kind=lookup", "scheme.kind=bgv"], "set scheme.kind to auto or tfhe");
    refused(&["activation.kind=lookup", "activation.bits=7"], "1 to 6");
    refused(&[LOOKUP[0], LOOKUP[1], "scheme.ring_degree=1000"], "512, 1024");
    refused(&[LOOKUP[0], LOOKUP[1], "scheme.lwe_dimension=440"], "what fits");
    // TFHE alone asks for tables.
    assert!(session(&["scheme.kind=tfhe"]).plan().unwrap().tables.is_some());
}

#[test]
fn too_much_noise_is_seen_and_told() {
    let report = session(&[
        "activation.kind=lookup",
        "activation.bits=6",
        "scheme.lwe_dimension=440",
        "scheme.ring_degree=512",
        "scheme.past_budget=true",
    ])
    .run(&Cancel::default(), &|_| ())
    .unwrap();
    assert!(!report.is_right());
    let tables = report.tables.as_ref().unwrap();
    assert!(tables.tables.iter().map(|t| t.wrong_bin).sum::<u64>() > 0);
    let kinds: Vec<_> = report.warnings.iter().map(|w| w.kind.as_str()).collect();
    assert!(
        kinds.contains(&"past_budget") && kinds.contains(&"stage_decrypted_wrongly"),
        "{kinds:?}"
    );
}

#[test]
fn keys_stay_for_the_next_run_of_the_same_parameters_and_seed() {
    let shelf = KeyShelf::default();
    // What came out of every sample: errors may be equally large by chance.
    let outputs = Mutex::new(Vec::new());
    let run = |settings: &[&str]| {
        let session = session(settings).with_keys(shelf.clone());
        outputs.lock().unwrap().clear();
        session
            .run(&Cancel::default(), &|event| {
                if let Event::Samples(samples) = event {
                    outputs.lock().unwrap().extend(samples.into_iter().map(|s| s.encrypted_logits));
                }
            })
            .unwrap()
    };
    let came_out = || outputs.lock().unwrap().clone();
    let kept = |r: &RunReport| r.tables.as_ref().unwrap().keys_kept;
    let first = run(&LOOKUP);
    let before = came_out();
    let again = run(&LOOKUP);
    assert_eq!((kept(&first), kept(&again)), (false, true));
    assert_ne!(before, came_out(), "encrypted anew");
    assert!(first.is_right() && again.is_right());
    let other_seed = run(&[LOOKUP[0], LOOKUP[1], "seed=6"]);
    assert!(!kept(&other_seed) && other_seed.is_right());
    let other_parameters = run(&[LOOKUP[0], LOOKUP[1], "seed=6", "scheme.ring_degree=4096"]);
    assert!(!kept(&other_parameters) && other_parameters.is_right());
    // Fresh randomness: the keys stay, and no ciphertext comes twice.
    let [(one, of_one), (two, of_two)] =
        [(); 2].map(|()| (run(&[LOOKUP[0], LOOKUP[1], "seed=0"]), came_out()));
    assert_eq!((kept(&one), kept(&two)), (false, true));
    assert_ne!(of_one, of_two);
    assert!(two.is_right());
    shelf.forget();
    let after = run(&[LOOKUP[0], LOOKUP[1], "seed=0"]);
    assert!(!kept(&after) && after.is_right());
}

#[test]
fn a_run_stops_between_lookups() {
    let cancel = Cancel::default();
    let stopped = session(&LOOKUP).run(&cancel, &|event| {
        if matches!(event, Event::Samples(_)) {
            cancel.cancel();
        }
    });
    assert!(matches!(stopped, Err(RunError::Cancelled(_))));
}

#[test]
fn schemes_are_compared_on_the_same_samples() {
    let session = session(&[]);
    let ways = scheme_ways(&session, &Cancel::default()).unwrap();
    let session = Experiment::Layers(session);
    let names: Vec<_> = ways.iter().map(|w| w.name.as_str()).collect();
    assert_eq!(names, ["BGV", "CKKS", "TFHE"]);
    let mut rows = 0;
    let report = compare(&session, &ways, &Cancel::default(), &mut |event| {
        rows += usize::from(matches!(event, CompareEvent::Row(_)));
    })
    .unwrap();
    assert_eq!((rows, report.rows.len(), report.rows_left), (3, 3, 0));
    assert!(report.is_right());
    for row in &report.rows {
        assert_eq!(row.refusal, None);
        assert_eq!(row.images, 3);
        assert!(row.security_bits >= 128 && row.latency_secs > 0.0 && row.upload_bytes > 0);
        // Few lookups say nothing of how likely a wrong one is.
        assert_eq!(row.margin_bits.is_some(), row.name != "TFHE");
    }
    let csv = report.to_csv();
    assert_eq!(csv.lines().count(), 4);
    assert!(csv.starts_with("name,parameters,images,accuracy"));
    // A way that cannot run is told, and the others stay.
    let mut broken = ways[..1].to_vec();
    broken[0].settings.push("scheme.ring_degree=2048".into());
    let refused = compare(&session, &broken, &Cancel::default(), &mut |_| ()).unwrap();
    assert!(refused.rows[0].refusal.is_some());
}
