//! The offer of a recurrent session whose protocol is one round, and the program of its server.

use super::session::SequenceSession;
use circuit::{Functions, NoiseStrategy, Plan, Sequences};
use data::Split;
use engine::{Check, Encoding, LevelledOffered, Offer, Offered, OfferedScheme, ServedChain};
use network::recurrent::{self, Cell, SequenceEncoding, SequenceGrid, Shorter};
use progress::{Cancel, Watch};
use scenario::RunError;

/// Samples that a client checks.
const CHECKS: usize = 4;
/// Sequences that each of them is made of: nobody's record.
const AVERAGED: usize = 16;

/// What a server of sequences runs, with its weights.
pub enum ServedSequences {
    Levelled(ServedChain),
    #[cfg(feature = "tfhe")]
    Tables(engine::ServedSteps),
}

/// A session as its server publishes it.
pub struct Offering {
    pub plan: Plan,
    pub offered: Offered,
    pub program: ServedSequences,
}

/// What both protocols of one round have an offer of.
struct Made {
    plan: Plan,
    scheme: OfferedScheme,
    shorter: Shorter,
    grid: Option<SequenceGrid>,
    output_scale: f64,
    error_bound: f64,
}

impl SequenceSession {
    /// What a server of this session publishes.
    ///
    /// # Errors
    /// When the client takes part between its first message and the answer, or there is no plan.
    pub fn offering(&self, cancel: &Cancel) -> Result<Offering, RunError> {
        match self.choice().strategy {
            NoiseStrategy::Levelled => self.levelled(cancel),
            NoiseStrategy::Bootstrap => self.bootstrapped(cancel),
            NoiseStrategy::Refresh | NoiseStrategy::ClientAided => Err(self.many_rounds(cancel)?),
        }
    }

    /// Why a protocol of many rounds is not served, and which one would be.
    fn many_rounds(&self, cancel: &Cancel) -> Result<RunError, RunError> {
        let wanted = self.choice().steps.unwrap_or_else(|| self.all_steps());
        let chain = match self.longest_chain(cancel)? {
            0 => None,
            longest if longest < wanted => {
                Some(format!("sequence.strategy=levelled with sequence.steps={longest} at most"))
            }
            _ => Some("sequence.strategy=levelled".to_owned()),
        };
        let elman =
            matches!(self.reference().layers(), [layer] if matches!(layer.cell, Cell::Elman(_)));
        let tables =
            (elman && cfg!(feature = "tfhe")).then(|| "sequence.strategy=bootstrap".to_owned());
        let all: Vec<String> = chain.into_iter().chain(tables).collect();
        let next = match all.as_slice() {
            [] => "run it instead".to_owned(),
            some => format!("set {}", some.join(", or ")),
        };
        Ok(RunError::Refused(format!(
            "sequence.strategy={} needs the client again and again before the answer, so it is not served by files: {next}",
            self.choice().strategy.id()
        )))
    }

    fn levelled(&self, cancel: &Cancel) -> Result<Offering, RunError> {
        let circuit = self.circuit(cancel)?;
        let program = &circuit.program;
        let made = Made {
            plan: circuit.plan.clone(),
            scheme: OfferedScheme::Levelled(LevelledOffered::of(program)),
            shorter: match program.masks {
                0 => Shorter::Refused,
                masks => Shorter::Masked(masks),
            },
            grid: None,
            output_scale: 1.0,
            error_bound: circuit.sequence.error_bound,
        };
        let watch = Watch::new(cancel.clone(), &|_| ());
        let offered = self.offered(&made, |sequences| {
            Ok(program.network.evaluate(sequences, Functions::Polynomial, &watch, &|_| ())?)
        })?;
        let program = ServedSequences::Levelled(ServedChain::of(program));
        Ok(Offering { plan: self.told(&made.plan), offered, program })
    }

    #[cfg(feature = "tfhe")]
    fn bootstrapped(&self, cancel: &Cancel) -> Result<Offering, RunError> {
        let plan = self.plan_of_tables(cancel)?;
        let circuit = self.tables(cancel)?;
        let made = Made {
            plan,
            scheme: OfferedScheme::Tfhe(engine::TablesOffered::of_steps(&circuit)),
            shorter: Shorter::Shown,
            grid: Some(circuit.network.grid()),
            output_scale: circuit.network.score_step,
            error_bound: circuit.error_bound,
        };
        let offered = self.offered(&made, |sequences| {
            let expected = crate::tables::expectations(&circuit, sequences);
            Ok(expected.into_iter().flat_map(|(_, outputs)| outputs).collect())
        })?;
        let steps = self.choice().steps.unwrap_or_else(|| self.all_steps());
        let program = ServedSequences::Tables(engine::ServedSteps::of(&circuit, steps));
        Ok(Offering { plan: self.told(&made.plan), offered, program })
    }

    #[cfg(not(feature = "tfhe"))]
    fn bootstrapped(&self, cancel: &Cancel) -> Result<Offering, RunError> {
        // It says why there is none.
        self.plan_of_tables(cancel)?;
        Err(RunError::Refused("bootstrapping was left out of this build".into()))
    }

    /// The offer; `outputs` are those of the reference network, sequence after sequence.
    fn offered(
        &self,
        made: &Made,
        outputs: impl Fn(&Sequences) -> Result<Vec<f64>, RunError>,
    ) -> Result<Offered, RunError> {
        let model = self.reference();
        let steps = self.choice().steps.unwrap_or_else(|| self.all_steps());
        let encoding = SequenceEncoding {
            steps,
            channels: model.channels(),
            normalisation: model.normalisation().clone(),
            embedding: model.embedding().cloned(),
            vocabulary: self.model.card().vocabulary.clone(),
            shorter: made.shorter,
            grid: made.grid,
        };
        let inputs = self.check_inputs(&encoding);
        let padded = inputs
            .iter()
            .map(|input| encoding.fitted(input, &[], input.len() / encoding.channels.max(1)));
        let (raw, lengths): (Vec<Vec<f32>>, Vec<Vec<u16>>) = padded.unzip();
        let (raw, lengths) = (raw.concat(), lengths.concat());
        let raw = recurrent::Sequences { inputs: &raw, lengths: &lengths, steps };
        let refused = || RunError::Refused("the dataset has no sequences to check with".into());
        let sequences = Sequences::prepared(&model.prepare(raw)?).ok_or_else(refused)?;
        let outputs = outputs(&sequences)?;
        let outputs = outputs.chunks(model.classes()).map(<[f64]>::to_vec);
        let tolerance = made.error_bound;
        let checks = inputs.into_iter().zip(outputs);
        let checks = checks.map(|(input, outputs)| Check { input, outputs, tolerance }).collect();
        let card = self.model.card();
        let offer = Offer {
            version: Offer::VERSION,
            name: self.scenario.name.clone(),
            model: self.model.name().to_owned(),
            scheme: made.scheme.clone(),
            shape: data::Shape::Sequence { steps, channels: encoding.channels },
            features: card.features.clone(),
            encoding: Encoding::Sequences(encoding),
            classes: self.dataset.classes().to_vec(),
            output_scale: made.output_scale,
            error_bound: Some(made.error_bound),
            promised_agreement: made.plan.promised_agreement,
            margin_bits: made.plan.stages.last().map_or(0.0, |s| s.margin_bits),
            dataset: card.dataset.clone(),
            data: self.scenario.dataset.clone(),
            checks,
        };
        Ok(offer.seal()?)
    }

    /// Raw values of the sequences that clients check: of numbers the average of several sequences, of
    /// words one from each of several.
    fn check_inputs(&self, encoding: &SequenceEncoding) -> Vec<Vec<f32>> {
        let of = |split: &Split| -> Vec<Vec<f32>> {
            let (raw, lengths) = encoding.fitted(&split.inputs, &split.lengths, self.all_steps());
            let width = encoding.steps * encoding.channels;
            let own = |(sample, length): (&[f32], &u16)| {
                let values = usize::from(*length) * encoding.channels;
                sample.get(width.saturating_sub(values)..).unwrap_or_default().to_vec()
            };
            raw.chunks_exact(width.max(1)).zip(&lengths).map(own).collect()
        };
        let usable = |sample: &Vec<f32>| match encoding.shorter {
            Shorter::Refused => sample.len() == encoding.steps * encoding.channels,
            Shorter::Masked(_) | Shorter::Shown => !sample.is_empty(),
        };
        let all = of(self.calibration_split()).into_iter().chain(of(self.dataset.test()));
        let some: Vec<Vec<f32>> = all.filter(usable).take(CHECKS * AVERAGED).collect();
        let words = encoding.embedding.is_some();
        let groups = some.chunks_exact(AVERAGED.min(some.len().max(1)));
        groups.map(|group| blended(group, words)).collect()
    }
}

/// Sequences that end together as one, as long as the shortest: the average of each value, or a word of
/// one sequence after the other.
fn blended(group: &[Vec<f32>], words: bool) -> Vec<f32> {
    let values = group.iter().map(Vec::len).min().unwrap_or(0);
    // From the end on, as the beginnings of longer ones are left out.
    let value = |sample: &Vec<f32>, at: usize| sample.iter().rev().nth(at).copied().unwrap_or(0.0);
    let at = |at: usize| match words {
        true => group.get(at % group.len().max(1)).map_or(0.0, |sample| value(sample, at)),
        false => {
            let sum: f64 = group.iter().map(|sample| f64::from(value(sample, at))).sum();
            (sum / group.len().max(1) as f64) as f32
        }
    };
    (0..values).rev().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{dataset, model, session};
    use engine::{Client, EngineError, Incoming, Levelled, Server, WireClock};
    use network::recurrent::CellKind;
    use ring::Seed;
    use scenario::SequenceRequest;

    #[test]
    fn check_samples_are_as_long_as_the_shortest_and_nobodys() {
        let group = [vec![1.0, 2.0, 3.0, 4.0], vec![10.0, 20.0]];
        assert_eq!(blended(&group, false), [6.5, 12.0]);
        assert_eq!(blended(&group, true), [10.0, 4.0]);
    }

    #[test]
    fn what_is_offered_answers_as_the_reference_and_takes_nothing_else() {
        let (elman, gru, lstm) = (CellKind::Elman, CellKind::Gru, CellKind::Lstm);
        for (layers, kind, varying, steps) in [
            (1, elman, false, 3),
            (1, elman, true, 3),
            (2, elman, true, 3),
            (1, gru, true, 2),
            (1, lstm, true, 2),
        ] {
            let strategy = NoiseStrategy::Levelled;
            let choice =
                SequenceRequest { strategy, steps: Some(steps), ..SequenceRequest::default() };
            let session = session(model(2, 4, layers, kind), dataset(2, 6, 20, varying), choice);
            let made = session.offering(&Cancel::default()).unwrap();
            let (offer, identity) = (&made.offered.offer, made.offered.identity);
            let OfferedScheme::Levelled(levelled) = &offer.scheme else { panic!("{offer:?}") };
            let ServedSequences::Levelled(chain) = made.program else { panic!("tables") };
            let program = chain.compiled(levelled).unwrap();
            let (known, watch) = (vec![levelled.known().unwrap()], Watch::silent());
            let (width, seed) = (offer.encoding.width(), Seed::from_number(1));
            let client = Client::<Levelled>::new(known.clone(), width, identity, seed).unwrap();
            let messages = client.evaluation_keys(&watch).unwrap();
            let keys = Server::<Levelled>::receive_keys(&known, &identity, &messages, &watch);
            let server = Server::<Levelled>::new(known, &program, &[], identity, keys.unwrap());

            let encoding = offer.encoding.sequences().unwrap();
            assert_eq!(encoding.shorter == Shorter::Refused, !varying);
            let test = session.dataset.test();
            let (raw, lengths) = encoding.fitted(&test.inputs, &test.lengths, 6);
            let vectors = offer.encoding.vectors(&raw, &lengths).unwrap();
            let mut clock = WireClock::default();
            let inputs = client.encrypt_vectors(0, 0, &vectors, &watch).unwrap();
            let (mut incoming, mut received) = (Incoming::default(), None);
            let sent = client.send(0, 0, inputs, &mut WireClock::default(), |part| {
                received = server.receive(0, 0, part, &mut incoming, &mut clock)?;
                Ok::<(), EngineError>(())
            });
            sent.unwrap();
            let inputs = received.unwrap();
            let found = server.evaluate(0, inputs, false, &watch, &|_| ()).unwrap();
            assert_eq!(found.stage_secs.len(), steps);
            let answer = server.send(0, 0, &found.outputs, &mut clock);
            let outputs = client.receive(0, 0, &answer, &mut clock).unwrap();
            let outputs = client.decrypt(0, &outputs).unwrap();
            let prepared = session.prepared(session.reference(), test, 20).unwrap();
            let sequences = Sequences::prepared(&prepared).unwrap();
            let polynomial = Functions::Polynomial;
            let right = program.network.evaluate(&sequences, polynomial, &watch, &|_| ()).unwrap();
            for (at, right) in right.iter().enumerate() {
                let error = (outputs.vectors[at % 3][at / 3] - right).abs();
                assert!(
                    error <= offer.error_bound.unwrap(),
                    "{layers} {kind:?} {varying}: {error}"
                );
            }

            // A value less in every step, and vectors that are no steps.
            let fewer = vectors.chunks(encoding.width()).flat_map(|step| step[1..].to_vec());
            let fewer: Vec<Vec<f64>> = fewer.collect();
            let inputs = client.encrypt_vectors(0, 1, &fewer, &watch).unwrap();
            let refused = server.evaluate(0, inputs, false, &watch, &|_| ()).map(|_| ());
            assert!(refused.unwrap_err().to_string().contains("are due"));
            assert!(client.encrypt_vectors(0, 2, &vectors[1..], &watch).is_err());
        }
    }

    #[test]
    fn protocols_of_many_rounds_are_refused_with_those_of_one() {
        let choice =
            SequenceRequest { strategy: NoiseStrategy::ClientAided, ..SequenceRequest::default() };
        let two = session(model(2, 4, 2, CellKind::Elman), dataset(2, 6, 20, false), choice);
        let told = two.offering(&Cancel::default()).err().unwrap().to_string();
        assert!(told.contains("not served by files"), "{told}");
        // Tables carry one layer.
        assert!(told.contains("levelled") && !told.contains("bootstrap"), "{told}");
    }
}
