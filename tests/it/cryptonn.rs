//! Training on encrypted data: whole runs bit for bit as in plaintext, and roles that refuse.

use cryptoscope::data::{Dataset, Shape, Split};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::ring::Seed;
use cryptoscope::run::cryptonn::{
    Arithmetic, Authority, Batches, CryptonnError, CryptonnTraining, EncryptedSteps, MessageError,
    OptimiserKind, PlainSteps, Policy, PolicyError, SecureSteps, Student, TrainingChoice,
    architecture,
};

fn choice(epochs: usize, batch: usize, samples: usize) -> TrainingChoice {
    TrainingChoice { epochs, batch, samples: Some(samples), ..TrainingChoice::default() }
}

fn train(
    model: &str,
    dataset: &Dataset,
    choice: &TrainingChoice,
) -> Result<cryptoscope::run::cryptonn::CryptonnTrained, CryptonnError> {
    let training = CryptonnTraining { scenario: "test", model, dataset, choice, seed: 3 };
    training.run(&Watch::silent(), &mut |_| {})
}

#[test]
fn every_encrypted_step_is_that_of_plaintext_fixed_point() {
    let dataset = cryptoscope::data::open("breast_cancer", None).unwrap();
    for optimiser in [OptimiserKind::Adam, OptimiserKind::Sgd] {
        // The last mini-batch is shorter than the others.
        let choice = TrainingChoice { optimiser, ..choice(2, 20, 50) };
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
    let mut secure = EncryptedSteps::new(&batches, &choice, &Seed::from_number(1)).unwrap();
    let mut plain = PlainSteps::new(&batches);
    let step = |secure: &mut dyn SecureSteps| {
        let mut student = Student::new(&network, &batches, &choice).unwrap();
        student.step(&batches, 0, &choice, 1e-3, Arithmetic::Integers(secure)).unwrap()
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
    let rows = TrainingChoice { max_rows: Some(40), ..choice(1, 16, 48) };
    let error = train("cryptonn", &dataset, &rows).unwrap_err();
    assert!(matches!(error, CryptonnError::Refused(PolicyError::Rows { max: 40, .. })), "{error}");
    let weights = TrainingChoice { max_weight: 3, delta_levels: 4, ..choice(1, 16, 48) };
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
        if matches!(event, cryptoscope::run::cryptonn::CryptonnEvent::Step { .. }) {
            steps += 1;
            cancel.cancel();
        }
    });
    assert!(matches!(result, Err(CryptonnError::Cancelled(_))));
    assert_eq!(steps, 1);
}

/// Roles by hand, to put wrong messages between them.
mod roles {
    use super::*;
    use cryptoscope::run::cryptonn::{Clients, Dimensions, Pending, PublicKeys, Server};

    struct Setting {
        batches: Batches,
        authority: Authority,
        keys: PublicKeys,
        dimensions: Dimensions,
    }

    fn setting(seed: u64) -> Setting {
        let dataset = cryptoscope::data::open("breast_cancer", None).unwrap();
        let choice = choice(1, 8, 16);
        let network = architecture("cryptonn-hospital").unwrap().fresh(&dataset, 1).unwrap();
        let batches = Batches::new(&network, &dataset, &choice, 1).unwrap();
        let policy = Policy { max_weight: 100, max_rows: None };
        let (authority, keys) = Authority::new(&Seed::from_number(seed), 30, 8, policy).unwrap();
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
            let ties = [self.keys.forward.fingerprint(), self.keys.backward.fingerprint()];
            Server::new(self.dimensions, ties, 14)
        }

        fn clients(&self) -> Clients<'_> {
            Clients::new(&self.batches, &self.keys, Seed::from_number(9)).unwrap()
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
        let (one, two) = (server.ask_products(&rows(2)), server.ask_products(&rows(5)));
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
    fn refusals_are_logged() {
        let mut here = setting(1);
        let mut server = here.server();
        let pending = server.ask_products(&[vec![101; 30]]);
        let error = here.authority.answer(&pending.bytes).unwrap_err();
        assert!(matches!(error, CryptonnError::Refused(PolicyError::Weight { value: 101, .. })));
        let log = here.authority.log();
        assert_eq!((log.len(), log[0].asked.as_str()), (1, "1 rows of the forward pass"));
        assert!(log[0].refused.as_ref().unwrap().contains("101"));
    }
}
