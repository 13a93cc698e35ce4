//! Training on encrypted data: whole runs bit for bit as in plaintext, and roles that refuse.

use cryptoscope::attack::{LeakOptions, reconstruct};
use cryptoscope::data::{Dataset, Shape, Split};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::ring::Seed;
use cryptoscope::scenario::{OptimiserKind, TrainingRequest};
use cryptoscope::training::{
    Arithmetic, Authority, Batches, Checkpoint, CryptonnError, CryptonnEvent, CryptonnTrained,
    CryptonnTraining, EncryptedSteps, EpochReport, MessageError, ModelReplica, PlainSteps, Policy,
    PolicyError, SecureSteps, SideBySide, architecture,
};
use sha2::Digest;
use std::sync::Arc;

fn choice(epochs: usize, batch: usize, samples: usize) -> TrainingRequest {
    TrainingRequest { epochs, batch, samples: Some(samples), ..TrainingRequest::default() }
}

fn train(
    model: &str,
    dataset: &Dataset,
    choice: &TrainingRequest,
) -> Result<CryptonnTrained, CryptonnError> {
    let training = CryptonnTraining { scenario: "test", model, dataset, choice, seed: 3 };
    training.run(&Watch::silent(), &mut |_| {})
}

#[test]
fn every_encrypted_step_is_that_of_plaintext_fixed_point() {
    let dataset = cryptoscope::data::open("breast_cancer", None).unwrap();
    for optimiser in [OptimiserKind::Adam, OptimiserKind::Sgd] {
        // The last mini-batch is shorter than the others.
        let choice = TrainingRequest { optimiser, ..choice(2, 20, 50) };
        let trained = train("cryptonn-hospital", &dataset, &choice).unwrap();
        let report = &trained.report;
        assert_eq!(report.epochs.len(), 2);
        assert!(report.is_right());
        for epoch in &report.epochs {
            assert_eq!(epoch.encrypted_accuracy, epoch.fixed_point_accuracy);
        }
        assert!(report.dlog.largest <= report.dlog.bound);
        assert_eq!(report.bytes.key_requests, 2 * 3 * 3);
    }
}

#[test]
fn a_first_convolution_is_exact_too() {
    let shape = Shape::Image { channels: 1, height: 28, width: 28 };
    let image = |i: usize| (0..784).map(move |p| ((p * (i + 3) * 7919) % 256) as f32);
    let split = |samples: usize| Split {
        inputs: (0..samples).flat_map(image).collect(),
        labels: (0..samples).map(|i| (i % 10) as u16).collect(),
        ..Split::default()
    };
    let classes = (0..10).map(|c| c.to_string()).collect();
    let dataset =
        Dataset::new("noise", "made here", shape, classes, Vec::new(), split(2), split(2)).unwrap();
    let choice = choice(1, 2, 2);
    let network = architecture("cryptonn-lenet").unwrap().fresh(&dataset, 1).unwrap();
    let batches = Batches::new(&network, &dataset, &choice, 1).unwrap();
    assert_eq!((batches.windows(), batches.encoding().vector_len), (784, 25));
    let mut secure =
        EncryptedSteps::new(&batches, &choice, &Seed::from_number(1), &Cancel::default()).unwrap();
    let mut plain = PlainSteps::new(&batches);
    let step = |secure: &mut dyn SecureSteps| {
        let mut replica = ModelReplica::new(&network, &batches, &choice).unwrap();
        replica.step(&batches, 0, &choice, 1e-3, Arithmetic::Integers(secure)).unwrap()
    };
    let (encrypted, fixed) = (step(&mut secure), step(&mut plain));
    assert!(fixed.seen.products.iter().flatten().any(|&v| v != 0));
    assert!(fixed.seen.gradients.iter().flatten().any(|&v| v != 0));
    assert_eq!(encrypted, fixed);
}

#[test]
fn the_same_seed_gives_the_same_training() {
    let dataset = cryptoscope::data::open("digits", None).unwrap();
    let choice = choice(1, 16, 32);
    let run = || train("cryptonn", &dataset, &choice).unwrap();
    let (a, b) = (run(), run());
    assert_eq!(a.network, b.network);
    assert_eq!(a.view, b.view);
}

#[test]
fn the_authority_stops_a_training_that_asks_for_too_much() {
    let dataset = cryptoscope::data::open("digits", None).unwrap();
    // 32 units: one use of each mini-batch, and not a second.
    let rows = TrainingRequest { max_rows: Some(40), ..choice(3, 16, 48) };
    let trained = train("cryptonn", &dataset, &rows).unwrap();
    assert!(trained.report.ended_by_limit && trained.report.is_right());
    assert_eq!((trained.report.epochs.len(), trained.view.steps.len()), (1, 3));
    let rows = TrainingRequest { max_rows: Some(31), ..rows };
    let error = train("cryptonn", &dataset, &rows).unwrap_err().to_string();
    assert!(error.contains("one step takes 32 rows"), "{error}");
    let weights = TrainingRequest { max_weight: 3, delta_levels: 4, ..choice(1, 16, 48) };
    let error = train("cryptonn", &dataset, &weights).unwrap_err();
    assert!(matches!(error, CryptonnError::Refused(PolicyError::Weight { max: 3, .. })), "{error}");
}

#[test]
fn a_stop_is_heeded_within_a_step() {
    let dataset = cryptoscope::data::open("digits", None).unwrap();
    let cancel = Cancel::default();
    let choice = choice(5, 16, 64);
    let training = CryptonnTraining {
        scenario: "test",
        model: "cryptonn",
        dataset: &dataset,
        choice: &choice,
        seed: 1,
    };
    let mut steps = 0;
    let watch = Watch::new(cancel.clone(), &|_| {});
    let result = training.run(&watch, &mut |event| {
        if matches!(event, CryptonnEvent::Step { .. }) {
            steps += 1;
            cancel.cancel();
        }
    });
    assert!(matches!(result, Err(CryptonnError::Cancelled(_))));
    assert_eq!(steps, 1);
}

/// Trains, stops after `steps` steps of the encrypted training, and gives where it stood.
fn stopped_after(training: &CryptonnTraining, steps: usize) -> Checkpoint {
    let cancel = Cancel::default();
    let (mut seen, mut kept) = (0, None);
    let result = training.run(&Watch::new(cancel.clone(), &|_| {}), &mut |event| match event {
        CryptonnEvent::Step { .. } => {
            seen += 1;
            if seen == steps {
                cancel.cancel();
            }
        }
        CryptonnEvent::Checkpoint(checkpoint) => kept = Some(checkpoint),
        _ => {}
    });
    assert!(matches!(result, Err(CryptonnError::Cancelled(_))));
    Arc::unwrap_or_clone(kept.unwrap())
}

#[test]
fn a_training_that_was_interrupted_becomes_the_one_that_was_not() {
    let dataset = cryptoscope::data::open("digits", None).unwrap();
    for optimiser in [OptimiserKind::Adam, OptimiserKind::Sgd] {
        let choice = TrainingRequest {
            optimiser,
            units: Some(9),
            noise: 0.05,
            max_rows: Some(30),
            ..choice(3, 16, 80)
        };
        let (scenario, model, seed) = ("cryptonn", "cryptonn", 5);
        let training =
            CryptonnTraining { scenario, model, dataset: &dataset, choice: &choice, seed };
        let whole = training.run(&Watch::silent(), &mut |_| {}).unwrap();
        assert!(whole.report.is_right());
        // In the middle of the first epoch, at the end of one, and in the last.
        for steps in [2, 5, 13] {
            let kept = stopped_after(&training, steps);
            assert_eq!(kept.steps(), steps);
            let bytes = kept.to_bytes();
            let read = Checkpoint::from_bytes(&bytes).unwrap();
            assert_eq!(read, kept, "every bit survives the file");
            let rest = training.resume(&read, &Watch::silent(), &mut |_| {}).unwrap();
            assert_eq!(rest.network.layers(), whole.network.layers());
            assert_eq!(rest.view, whole.view);
            let figures = |trained: &CryptonnTrained| -> Vec<_> {
                let epochs = trained.report.epochs.iter();
                epochs.map(|e| EpochReport { secs: 0.0, ..e.clone() }).collect()
            };
            assert_eq!(figures(&rest), figures(&whole));
            assert_eq!(rest.report.resumed_at, [steps]);
            assert_eq!(rest.report.bytes.key_requests, whole.report.bytes.key_requests);
            assert!(rest.report.bytes.ciphertext_bytes >= whole.report.bytes.ciphertext_bytes);
        }
    }
}

#[test]
fn what_is_no_checkpoint_of_this_training_is_refused_in_one_line() {
    let dataset = cryptoscope::data::open("breast_cancer", None).unwrap();
    let choice = choice(2, 16, 48);
    let (scenario, model, seed) = ("test", "cryptonn-hospital", 3);
    let training = CryptonnTraining { scenario, model, dataset: &dataset, choice: &choice, seed };
    let kept = stopped_after(&training, 2);
    let refused = |training: &CryptonnTraining, from: &Checkpoint, words: &str| {
        let error = training.resume(from, &Watch::silent(), &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    };
    refused(&CryptonnTraining { seed: 4, ..training }, &kept, "seed is 3 in the checkpoint and 4");
    let other = TrainingRequest { epochs: 5, ..choice.clone() };
    let of = CryptonnTraining { choice: &other, ..training };
    refused(&of, &kept, "training.epochs is 2 in the checkpoint and 5 here");
    let other = TrainingRequest { max_rows: Some(99), ..choice.clone() };
    let of = CryptonnTraining { choice: &other, ..training };
    refused(&of, &kept, "training.max_rows is left out in the checkpoint and 99 here");
    let mut split = dataset.train().clone();
    split.inputs[7] += 1.0;
    let (classes, names) = (dataset.classes().to_vec(), dataset.features().to_vec());
    let (name, source, shape) = (dataset.name(), "made here", dataset.shape());
    let changed =
        Dataset::new(name, source, shape, classes, names, split, dataset.test().clone()).unwrap();
    refused(&CryptonnTraining { dataset: &changed, ..training }, &kept, "holds other samples");
    type Change = (fn(&mut Checkpoint), &'static str);
    let changes: [Change; 6] = [
        (|c| c.replicas[1].tensors[0].truncate(3), "weights or optimisers"),
        (|c| c.replicas[0].tensors[2][1] = f32::NAN, "weights or optimisers"),
        (|c| c.progress.losses.truncate(1), "weights or optimisers"),
        (|c| c.progress.losses.resize(9, SideBySide::default()), "9 steps in 0 epochs"),
        (|c| c.progress.seen[0].samples[0] += 1, "values seen by the server"),
        (|c| c.progress.seen[1].products[3].truncate(2), "values seen by the server"),
    ];
    for (change, words) in changes {
        let mut changed = kept.clone();
        change(&mut changed);
        let read = Checkpoint::from_bytes(&changed.to_bytes()).unwrap();
        refused(&training, &read, words);
    }
    // Figures that no training can have are refused before they reach a report.
    let figures: [fn(&mut Checkpoint); 5] = [
        |c| c.progress.losses[1].float = f64::NAN,
        |c| c.progress.losses[0].encrypted = f64::INFINITY,
        |c| c.progress.spent.step_secs = f64::NAN,
        |c| c.progress.spent.phases.keys = -1.0,
        |c| c.progress.epoch_secs = f64::NEG_INFINITY,
    ];
    for change in figures {
        let mut changed = kept.clone();
        change(&mut changed);
        let error = Checkpoint::from_bytes(&changed.to_bytes()).unwrap_err().to_string();
        assert!(error.contains("was expected") && !error.contains('\n'), "{error}");
    }
    let noisy = TrainingRequest { noise: 0.1, ..choice.clone() };
    let of = CryptonnTraining { choice: &noisy, seed: 0, ..training };
    refused(&of, &kept, "noise and seed 0");
}

#[test]
fn hostile_checkpoint_files_are_refused() {
    let dataset = cryptoscope::data::open("breast_cancer", None).unwrap();
    let choice = choice(1, 16, 32);
    let (scenario, model, seed) = ("test", "cryptonn-hospital", 3);
    let training = CryptonnTraining { scenario, model, dataset: &dataset, choice: &choice, seed };
    let bytes = stopped_after(&training, 1).to_bytes();
    let refused = |bytes: &[u8]| Checkpoint::from_bytes(bytes).unwrap_err().to_string();
    assert!(refused(b"PK\x03\x04").starts_with("no checkpoint"));
    assert!(refused(&[]).starts_with("no checkpoint"));
    let mark = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    let mut newer = bytes.clone();
    newer[mark] = 9;
    assert_eq!(refused(&newer), "a checkpoint of version 9; this program reads version 1");
    for at in [mark + 8, mark + 50, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        assert!(refused(&flipped).starts_with("damaged"), "{at}");
    }
    assert!(refused(&bytes[..bytes.len() - 1]).starts_with("damaged"));
    // Lengths that promise more than is there, under a checksum that fits.
    let content = mark + 40;
    for at in (content..content + 600).chain(bytes.len() - 300..bytes.len()) {
        let mut forged = bytes.clone();
        forged[at..].iter_mut().take(8).for_each(|b| *b = 0xf7);
        let sum = sha2::Sha256::digest(&forged[content..]);
        forged[mark + 8..content].copy_from_slice(&sum);
        if let Err(error) = Checkpoint::from_bytes(&forged) {
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
    let missing = Checkpoint::open(std::path::Path::new("/nowhere/at.all")).unwrap_err();
    assert!(missing.to_string().starts_with("/nowhere/at.all: "));
}

#[test]
fn noise_is_trained_with_and_stays_with_the_clients() {
    let dataset = cryptoscope::data::open("digits", None).unwrap();
    let choice = TrainingRequest { noise: 0.3, ..choice(1, 16, 48) };
    let network = architecture("cryptonn").unwrap().fresh(&dataset, 1).unwrap();
    let plain = Batches::new(&network, &dataset, &choice, 1).unwrap();
    let noisy = plain.clone().with_noise(&choice, &Seed::from_number(3));
    let count = 48 * 64;
    let errors = (0..48).flat_map(|s| {
        assert_eq!(noisy.truth(s), plain.sample(s));
        noisy
            .sample(s)
            .iter()
            .zip(plain.sample(s))
            .map(|(a, b)| f64::from(a - b))
            .collect::<Vec<_>>()
    });
    let errors: Vec<f64> = errors.collect();
    let mean = errors.iter().sum::<f64>() / f64::from(count);
    let standard_deviation = (errors.iter().map(|e| e * e).sum::<f64>() / f64::from(count)).sqrt();
    assert!(
        mean.abs() < 2.0 && (standard_deviation - 30.0).abs() < 1.5,
        "{mean} {standard_deviation}"
    );
    let trained = train("cryptonn", &dataset, &choice).unwrap();
    assert!(trained.report.is_right());
    let (low, high) = trained.view.encoding.reach();
    assert_eq!(trained.view.encoding.range, (0, 100));
    assert!(low < -60 && high > 160, "{low} {high}");
    // Everything the server decrypted is about the noisy inputs: the best it can reach is their noise.
    let settings = LeakOptions::default();
    let batch = trained.view.steps[0].batch;
    let (view, pool) = (&trained.view, &trained.pool);
    let found = reconstruct(view, batch, 9, &settings, None, &Cancel::default()).unwrap().unwrap();
    let score = pool.score(&found);
    assert!(score.mean_squared_error > 0.02 && score.certain == 0.0, "{score:?}");
}

/// Roles by hand, to put wrong messages between them.
mod roles {
    use super::*;
    use cryptoscope::training::{Clients, Dimensions, InputKeys, Pending, PublicKeys, Server};

    struct Setting {
        batches: Batches,
        authority: Authority,
        keys: PublicKeys,
        dimensions: Dimensions,
    }

    /// For two mini-batches of 8 samples with 30 inputs.
    fn authority(seed: u64, policy: Policy) -> (Authority, PublicKeys) {
        let seed = Seed::from_number(seed);
        Authority::new(&seed, (30, 8), 2, policy, &Cancel::default()).unwrap()
    }

    fn setting(seed: u64) -> Setting {
        let dataset = cryptoscope::data::open("breast_cancer", None).unwrap();
        let choice = choice(1, 8, 16);
        let network = architecture("cryptonn-hospital").unwrap().fresh(&dataset, 1).unwrap();
        let batches = Batches::new(&network, &dataset, &choice, 1).unwrap();
        let policy = Policy { max_weight: 100, max_rows: None };
        let (authority, keys) = authority(seed, policy);
        let dimensions = Dimensions {
            forward_len: 30,
            backward_len: 8,
            windows: 1,
            classes: 2,
            max_input: batches.max_input(),
            max_label: 100,
        };
        Setting { batches, authority, keys, dimensions }
    }

    impl Setting {
        fn server(&self) -> Server {
            let ties = self.keys.inputs.iter().map(InputKeys::fingerprints).collect();
            Server::new(self.dimensions, ties, 14, Cancel::default())
        }

        fn clients(&self) -> Clients<'_> {
            let (keys, seed) = (self.keys.clone(), Seed::from_number(9));
            Clients::new(&self.batches, keys, seed, Cancel::default()).unwrap()
        }
    }

    fn message(error: CryptonnError) -> MessageError {
        match error {
            CryptonnError::Message(error) => error,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn replayed_swapped_and_foreign_mini_batches_are_refused() {
        let here = setting(1);
        let (mut server, mut clients) = (here.server(), here.clients());
        let (first, second) = (clients.send(0).unwrap(), clients.send(1).unwrap());
        let swapped = message(server.receive(1, &first).unwrap_err());
        assert!(matches!(swapped, MessageError::Unexpected { .. }), "{swapped}");
        server.receive(0, &first).unwrap();
        let replayed = message(server.receive(0, &first).unwrap_err());
        assert!(matches!(replayed, MessageError::Replayed { number: 1, .. }), "{replayed}");
        server.receive(1, &second).unwrap();
        let other = setting(2);
        let mut strangers = other.clients();
        (0..3).for_each(|_| drop(strangers.send(0).unwrap()));
        let foreign = strangers.send(0).unwrap();
        let text = message(server.receive(0, &foreign).unwrap_err()).to_string();
        assert!(text.contains("under other public keys"), "{text}");
        let third = clients.send(0).unwrap();
        for cut in [0, 7, 30, 100, third.len() - 1] {
            assert!(server.receive(0, &third[..cut]).is_err(), "{cut}");
        }
        let mut broken = third.clone();
        // The first point of the forward ciphertexts: after four numbers, two fingerprints, a length.
        broken[72..104].fill(0xff);
        let text = server.receive(0, &broken).unwrap_err().to_string();
        assert!(text.contains("no encoding of a ristretto255 element"), "{text}");
        server.receive(0, &third).unwrap();
    }

    #[test]
    fn replayed_requests_and_swapped_grants_are_refused() {
        let mut here = setting(1);
        let first = here.clients().send(0).unwrap();
        let mut server = here.server();
        server.receive(0, &first).unwrap();
        let rows = |k: i32| vec![(0..30).map(|i| (i * k) % 7 - 3).collect::<Vec<i32>>(); 2];
        let (one, two) = (server.ask_products(0, &rows(2)), server.ask_products(0, &rows(5)));
        let grant_one = here.authority.answer(&one.bytes).unwrap();
        let replay = message(here.authority.answer(&one.bytes).unwrap_err());
        assert!(matches!(replay, MessageError::Replayed { number: 1, .. }), "{replay}");
        let grant_two = here.authority.answer(&two.bytes).unwrap();
        let products = |pending: &Pending, rows: &[Vec<i32>], grant: &[u8]| {
            server.products(0, rows, pending, grant).map(drop)
        };
        products(&one, &rows(2), &grant_one).unwrap();
        let swapped = message(products(&one, &rows(2), &grant_two).unwrap_err());
        assert!(matches!(swapped, MessageError::Unexpected { .. }), "{swapped}");
        // An answer about other rows than were asked for: right number, wrong tie.
        let mut forged = grant_two.clone();
        forged[..8].copy_from_slice(&grant_one[..8]);
        assert!(products(&one, &rows(2), &forged).is_err());
        assert!(products(&one, &rows(2), &grant_one[..40]).is_err());
    }

    #[test]
    fn under_a_limit_keys_open_their_own_mini_batch_only() {
        let mut here = setting(1);
        let policy = Policy { max_weight: 100, max_rows: Some(3) };
        (here.authority, here.keys) = authority(1, policy);
        assert_eq!(here.keys.inputs.len(), 2);
        let (mut server, mut clients) = (here.server(), here.clients());
        for batch in [0, 1] {
            server.receive(batch, &clients.send(batch).unwrap()).unwrap();
        }
        let other = clients.send(0).unwrap();
        assert!(server.receive(1, &other).is_err(), "another mini-batch and other keys");
        let rows = |k: i32| vec![(0..30).map(|i| (i * k) % 7 - 3).collect::<Vec<i32>>(); 1];
        let one = server.ask_products(0, &rows(2));
        let grant = here.authority.answer(&one.bytes).unwrap();
        let products = server.products(0, &rows(2), &one, &grant).unwrap();
        let direct = |batch: usize| -> Vec<i64> {
            let dot = |x: &Vec<i32>| x.iter().zip(&rows(2)[0]).map(|(x, y)| i64::from(x * y)).sum();
            here.batches.forward(batch).iter().map(dot).collect()
        };
        assert_eq!(server.logarithms(&products, &rows(2)).unwrap(), direct(0));
        let stolen = server.products(1, &rows(2), &one, &grant).unwrap();
        assert!(server.logarithms(&stolen, &rows(2)).is_err(), "a key of mini-batch 0 on 1");
        // The same row again costs nothing, new ones do, and each mini-batch has its own account.
        for k in [2, 3, 4] {
            let ask = server.ask_products(0, &rows(k));
            here.authority.answer(&ask.bytes).unwrap();
        }
        let ask = server.ask_products(0, &rows(5));
        let error = here.authority.answer(&ask.bytes).unwrap_err();
        assert!(matches!(error, CryptonnError::Refused(PolicyError::Rows { rows: 4, max: 3, .. })));
        let ask = server.ask_products(1, &rows(5));
        here.authority.answer(&ask.bytes).unwrap();
        let ask = server.ask_products(2, &rows(5));
        let unknown = message(here.authority.answer(&ask.bytes).unwrap_err()).to_string();
        assert!(unknown.contains("mini-batch 2"), "{unknown}");
        // Who goes on under new keys has used up what was used up.
        let before = here.authority.rows_given();
        let (mut later, _) = authority(7, policy);
        later.count_before(&before);
        let ask = server.ask_products(0, &rows(6));
        assert!(later.answer(&ask.bytes).is_err());
    }

    #[test]
    fn refusals_are_logged() {
        let mut here = setting(1);
        let mut server = here.server();
        let pending = server.ask_products(0, &[vec![101; 30]]);
        let error = here.authority.answer(&pending.bytes).unwrap_err();
        assert!(matches!(error, CryptonnError::Refused(PolicyError::Weight { value: 101, .. })));
        let log = here.authority.log();
        assert_eq!((log.len(), log[0].asked.as_str()), (1, "1 rows of the forward pass"));
        assert!(log[0].refused.as_ref().unwrap().contains("101"));
    }
}
