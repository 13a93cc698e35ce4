//! The values after one layer: in the clear, and in the ciphertexts that the server has there.

use super::execute::keys_of;
use super::keys::{Keys, Known};
use super::session::{Compiled, Session};
use circuit::{Plan, Program, StageProbe};
use data::Shape;
use engine::{Client, Crt, Incoming, Look, Offered, Scheme, Server, Slot, WireClock};
use progress::{Cancel, Watch};
use scenario::{RunError, fresh_randomness};
use wire::Malformed;

/// Bytes of the ciphertexts that are looked at, at most: values that they leave out are not looked at.
const MOST_BYTES: u64 = 256 << 20;

/// What is seen after a layer of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenLayer {
    /// The stage of the plan, by name.
    pub stage: String,
    /// Shape of all its values; those that are looked at are the first ones.
    pub shape: Shape,
    /// What the reference network gives there, in its own units.
    pub clear: Vec<f64>,
    /// What the ciphertexts decrypt to.
    pub decrypted: Vec<f64>,
    /// The first word of each ciphertext, and what all are below.
    pub dots: Vec<u64>,
    pub bound: u64,
    /// Bytes of all ciphertexts there, in memory.
    pub bytes: u64,
    /// Largest difference between what is decrypted and the reference.
    pub error: f64,
}

/// Values of a sample by plaintext modulus, and the first word of each ciphertext.
struct Opened<V> {
    values: Vec<Vec<V>>,
    dots: Vec<u64>,
    bound: u64,
}

/// The place that is looked at.
struct Place {
    layer: usize,
    /// Values that are looked at.
    values: usize,
}

impl Session {
    /// Runs the one sample of this session up to its end, and looks at the ciphertexts after the stage with
    /// this name on the way.
    ///
    /// # Errors
    /// When there is no such stage, the scheme fails, or the work is stopped.
    pub(crate) fn look_layer(&self, stage: &str, cancel: &Cancel) -> Result<SeenLayer, RunError> {
        let compiled = self.within_memory(self.compiled(cancel)?, cancel)?;
        let offered = self.offer(&compiled)?;
        let raw = self.test_inputs()?;
        let watch = Watch::new(cancel.clone(), &|_| ());
        match &compiled {
            Compiled::Integer(circuit) => {
                let network = &circuit.network;
                let place = place(&circuit.plan, &circuit.probes, &network.widths(), stage)?;
                let inputs = network.quantise_inputs(raw);
                let clear = network.evaluate(&inputs, &captures(&place), &watch)?.captured;
                let clear: Vec<f64> = firsts(&clear).map(|v| v as f64).collect();
                let program = circuit.program.probing(place.layer, place.values);
                let opened = match &program {
                    Program::Bgv(program) => {
                        let parameters = program.parameters.clone();
                        self.opened::<engine::Bgv, _>(&offered, parameters, program, &inputs, &watch)?
                    }
                    Program::Bfv(program) => {
                        let parameters = program.parameters.clone();
                        self.opened::<engine::Bfv, _>(&offered, parameters, program, &inputs, &watch)?
                    }
                };
                let crt = Crt::new(&circuit.moduli);
                let value = |at: usize| {
                    let of = |values: &Vec<i64>| values.get(at).copied().unwrap_or(0);
                    crt.combine(&opened.values.iter().map(of).collect::<Vec<_>>()) as f64
                };
                let decrypted = (0..opened.dots.len()).map(value).collect();
                Ok(self.seen(&circuit.plan, stage, clear, decrypted, (opened.dots, opened.bound)))
            }
            Compiled::Real(circuit) => {
                let network = &circuit.network;
                let place = place(&circuit.plan, &circuit.probes, &network.widths(), stage)?;
                let inputs = network.inputs_of(raw);
                let clear = network.evaluate(&inputs, &captures(&place), &watch)?.captured;
                let clear = firsts(&clear).collect();
                let layers = network.layers().len();
                let program = circuit.program.probing(place.layer, place.values, layers);
                let parameters = vec![engine::CkksOffered {
                    parameters: program.parameters.clone(),
                    input_scale: program.input_scale.clone(),
                }];
                let opened =
                    self.opened::<engine::Ckks, _>(&offered, parameters, &program, &inputs, &watch)?;
                let decrypted = opened.values.into_iter().next().unwrap_or_default();
                Ok(self.seen(&circuit.plan, stage, clear, decrypted, (opened.dots, opened.bound)))
            }
            #[cfg(feature = "tfhe")]
            Compiled::Tables(_) => Err(RunError::Refused(
                "lookup tables: the values between their layers are not looked at one by one; choose BGV, BFV or CKKS".into(),
            )),
        }
    }

    /// Encrypts `inputs`, runs `program` on them, and decrypts what it measures.
    fn opened<S: Look, V: Copy + Into<S::Value>>(
        &self,
        offered: &Offered,
        parameters: Vec<S::Parameters>,
        program: &S::Program,
        inputs: &[V],
        watch: &Watch,
    ) -> Result<Opened<S::Value>, RunError>
    where
        S::Value: Slot,
    {
        let seed = self.scenario.randomness()?;
        let width = self.network.input().len();
        let known = Known { parameters, width, offer: offered.identity };
        let keys: Keys<S> = keys_of(self, &known, &seed, watch.cancel_flag(), &|_| ())?;
        let Known { parameters, offer, .. } = known;
        let client =
            Client::<S>::with_secrets(parameters.clone(), width, offer, keys.secrets, seed)
                .with_randomness(fresh_randomness()?);
        let server = Server::<S>::new(parameters.clone(), program, &[], offer, keys.served);
        let mut opened = Opened { values: Vec::new(), dots: Vec::new(), bound: 0 };
        for (modulus, of_modulus) in parameters.iter().enumerate() {
            let encrypted = client.encrypt(modulus, 0, inputs, watch)?;
            let received = deliver(&client, &server, modulus, encrypted)?;
            let evaluated = server.evaluate(modulus, received, true, watch, &|_| ())?;
            let mut values = Vec::with_capacity(evaluated.probes.len());
            for probe in &evaluated.probes {
                watch.check()?;
                values.extend(client.measure(modulus, &probe.ciphertext)?.values.first());
                if modulus == 0 {
                    let (words, bound) = S::words(of_modulus, &probe.ciphertext);
                    opened.dots.extend(words.first());
                    opened.bound = bound;
                }
            }
            opened.values.push(values);
        }
        Ok(opened)
    }

    fn seen(
        &self,
        plan: &Plan,
        stage: &str,
        clear: Vec<f64>,
        decrypted: Vec<f64>,
        (dots, bound): (Vec<u64>, u64),
    ) -> SeenLayer {
        let planned = plan.stages.iter().find(|s| s.name == stage);
        let all = planned.map_or(clear.len(), |s| s.ciphertexts);
        let layers = self.network.layers().iter().zip(self.network.shapes());
        let own =
            layers.filter(|(layer, _)| planned.is_some_and(|s| s.layers.contains(&layer.name)));
        let shape = own.map(|(_, shape)| *shape).rfind(|shape| shape.len() == all);
        let far = clear.iter().zip(&decrypted).map(|(a, b)| (a - b).abs());
        SeenLayer {
            stage: stage.to_owned(),
            shape: shape.unwrap_or(Shape::Flat { len: all }),
            bytes: planned.map_or(0, |s| s.ciphertext_bytes),
            error: far.fold(0.0, report::larger),
            clear,
            decrypted,
            dots,
            bound,
        }
    }
}

/// What the server received of the client, over the bytes between them.
fn deliver<S: Scheme>(
    client: &Client<S>,
    server: &Server<'_, S>,
    modulus: usize,
    encrypted: S::Inputs,
) -> Result<S::Inputs, RunError> {
    let (mut incoming, mut received) = (Incoming::default(), None);
    client.send(modulus, 0, encrypted, &mut WireClock::default(), |part| {
        received = server.receive(modulus, 0, part, &mut incoming, &mut WireClock::default())?;
        Ok::<(), RunError>(())
    })?;
    let short = || Malformed::new("encrypted inputs", "they end before their last part");
    received.ok_or_else(|| engine::EngineError::from(short()).into())
}

/// The layer of a stage, and how many of its values fit what is looked at.
fn place(
    plan: &Plan,
    probes: &[StageProbe],
    widths: &[usize],
    stage: &str,
) -> Result<Place, RunError> {
    let at = plan.stages.iter().position(|s| s.name == stage);
    let found =
        at.and_then(|at| Some((plan.stages.get(at)?, probes.iter().find(|p| p.stage == at)?)));
    let (planned, probe) = found.ok_or_else(|| {
        RunError::Refused(format!(
            "{}: no stage of the plan whose values can be looked at",
            format::excerpt(stage)
        ))
    })?;
    let width = widths.get(probe.layer).copied().unwrap_or(0);
    let each = planned.ciphertext_bytes / planned.ciphertexts.max(1) as u64;
    let most = (MOST_BYTES / each.max(1)) as usize;
    Ok(Place { layer: probe.layer, values: width.min(most.max(1)) })
}

fn captures(place: &Place) -> Vec<(usize, usize)> {
    (0..place.values).map(|index| (place.layer, index)).collect()
}

/// The value of the first sample of each capture.
fn firsts<V: Copy>(captured: &[Vec<V>]) -> impl Iterator<Item = V> {
    captured.iter().filter_map(|of| of.first().copied())
}
