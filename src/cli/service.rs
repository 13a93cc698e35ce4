//! `publish`, `keygen`, `encrypt`, `evaluate`, `decrypt`: client and server as processes of their own.

use super::args::{DecryptArgs, EncryptArgs, EvaluateArgs, KeygenArgs, PublishArgs};
use super::context::{Answer, Context};
use super::progress::Progress;
use super::status::WRONG;
use super::table::{folded, pairs};
use anyhow::{Context as _, Result, anyhow, bail};
use engine::Offered;
use file::{OutputFile, Uses};
use ring::Seed;
use service::{self, Publication, Record, Samples, ServiceError};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

const OFFER: &str = "offer.cso";
const PROGRAM: &str = "program.csp";
const SECRET: &str = "secret.key";
const EVALUATION: &str = "evaluation.keys";
const REQUESTS: &str = "requests";

/// Largest file that is read whole, bytes: offers, programs and secret keys.
const MAX_WHOLE: u64 = 4 << 30;

pub(super) fn publish(args: &PublishArgs, context: &mut Context) -> Result<Answer> {
    let scenario = args.scenario.open(Some(&args.size), context)?;
    let mut uses = context.uses(&args.scenario, &scenario);
    folder(&args.out)?;
    let offer = new_file(&mut uses, "the offer", &args.out.join(OFFER), args.force)?;
    let program = new_file(&mut uses, "the program", &args.out.join(PROGRAM), args.force)?;
    let Publication { plan, offered, program: written } =
        service::publish(&scenario, &context.sources, &context.cancel)?;
    program.private()?.finish(&written)?;
    offer.finish(&offered.bytes)?;
    let mut rows = vec![
        ("offer", format!("{}, {}", place(&args.out, OFFER), size(offered.bytes.len()))),
        ("program", format!("{}, {}; keep it", place(&args.out, PROGRAM), size(written.len()))),
        ("identity", wire::short(&offered.identity)),
        ("scheme", format!("{}, N {}", plan.scheme.name(), plan.ring_degree)),
    ];
    if let Some(words) = offered.offer.encoding.sequences().filter(|s| s.embedding.is_some()) {
        let words = format::count(words.tokens() as u64);
        rows.push(("public", format!("the vectors of {words} words, which clients look up")));
    }
    rows.push((
        "next",
        "give the offer to clients: cryptoscope keygen OFFER --out KEYS".to_owned(),
    ));
    Ok(pairs(&rows).into())
}

pub(super) fn keygen(args: &KeygenArgs, context: &mut Context) -> Result<Answer> {
    let offered = offer(&args.offer)?;
    let mut uses = Uses::of_process();
    uses.reads("offer", &args.offer);
    folder(&args.out)?;
    let secret = new_file(&mut uses, "the secret key", &args.out.join(SECRET), args.force)?;
    let evaluation =
        new_file(&mut uses, "the evaluation keys", &args.out.join(EVALUATION), args.force)?;
    let seed = match args.seed {
        Some(number) => Seed::from_number(number).derive("client", 0),
        None => fresh()?,
    };
    let keys = {
        let progress = Progress::new(context.err, context.terminal);
        let told = |share: f64| progress.run("keys", share, 0.0);
        service::keygen(&offered, &seed, &context.cancel, &told)?
    };
    secret.private()?.finish(&keys.secret)?;
    evaluation.finish(&keys.evaluation)?;
    let rows = [
        ("secret key", format!("{}; keep it", place(&args.out, SECRET))),
        (
            "evaluation keys",
            format!("{}, {}", place(&args.out, EVALUATION), size(keys.evaluation.len())),
        ),
        ("offer", wire::short(&offered.identity)),
    ];
    Ok(pairs(&rows).into())
}

pub(super) fn encrypt(args: &EncryptArgs, context: &mut Context) -> Result<Answer> {
    let offered = offer(&args.offer)?;
    let secret_place = args.keys.join(SECRET);
    let secret = whole(&secret_place, "secret key")?;
    let mut uses = Uses::of_process();
    uses.reads("offer", &args.offer);
    uses.reads("secret key", &secret_place);
    let folder_of_data = context.sources.data_dir.as_deref();
    let spec = args.dataset.as_deref().unwrap_or(&offered.offer.data);
    for path in data::files(spec, folder_of_data) {
        uses.reads("dataset", &path);
    }
    let mut out = new_file(&mut uses, "--out", &args.out, args.force)?;
    let dataset = match args.test_split {
        true => data::open(spec, folder_of_data)?,
        false => data::open_whole(spec, folder_of_data)?,
    };
    let mut samples = Samples::of(&offered.offer, dataset)?;
    if let Some(images) = args.images {
        samples.first(images as usize)?;
    }
    let record = {
        let progress = Progress::new(context.err, context.terminal);
        let told = |share: f64| progress.run("encrypt", share, 0.0);
        let mut stream = Stream(&mut out);
        let randomness = fresh()?;
        let cancel = &context.cancel;
        service::encrypt(&offered, &secret, &samples, &randomness, &mut stream, cancel, &told)?
    };
    let kept = args.keys.join(REQUESTS);
    folder(&kept)?;
    let kept = kept.join(format!("{}.json", record.id));
    let text = serde_json::to_string_pretty(&record)? + "\n";
    OutputFile::open(&kept)?.private()?.finish(text.as_bytes())?;
    out.finish(&[])?;
    let bytes = std::fs::metadata(&args.out).map_or(0, |m| m.len());
    let rows = [
        ("request", format!("{}, {}", format::path(&args.out), format::bytes(bytes))),
        (
            "samples",
            format!(
                "{} of {}",
                format::count(samples.count as u64),
                format::excerpt(&samples.name)
            ),
        ),
        ("record", format!("{}; keep it for the answer", format::path(&kept))),
    ];
    let notes: String = samples.notes.iter().map(|note| folded("note: ", note)).collect();
    Ok((pairs(&rows) + &notes).into())
}

pub(super) fn evaluate(args: &EvaluateArgs, context: &mut Context) -> Result<Answer> {
    let offer_place = args.service.join(OFFER);
    let program_place = args.service.join(PROGRAM);
    let offered = offer(&offer_place)?;
    let program = whole(&program_place, "program")?;
    let mut uses = Uses::of_process();
    for (what, path) in [
        ("offer", &offer_place),
        ("program", &program_place),
        ("evaluation keys", &args.evaluation_keys),
        ("request", &args.request),
    ] {
        uses.reads(what, path);
    }
    let mut keys = stream(&args.evaluation_keys, "evaluation keys")?;
    let mut request = stream(&args.request, "request")?;
    let mut out = new_file(&mut uses, "--out", &args.out, args.force)?;
    let threads = args.threads.map_or(0, |n| n as usize);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let batches = {
        let progress = Progress::new(context.err, context.terminal);
        let told = |share: f64| progress.run("evaluate", share, 0.0);
        let mut answer = Stream(&mut out);
        let cancel = &context.cancel;
        pool.install(|| {
            let streams: (&mut dyn Read, &mut dyn Read) = (&mut keys, &mut request);
            service::evaluate(&offered, &program, streams, &mut answer, cancel, &told)
        })?
    };
    out.finish(&[])?;
    let bytes = std::fs::metadata(&args.out).map_or(0, |m| m.len());
    let rows = [
        ("answer", format!("{}, {}", format::path(&args.out), format::bytes(bytes))),
        ("batches", format::count(batches as u64)),
    ];
    Ok(pairs(&rows).into())
}

pub(super) fn decrypt(args: &DecryptArgs, context: &mut Context) -> Result<Answer> {
    let offered = offer(&args.offer)?;
    let secret_place = args.keys.join(SECRET);
    let secret = whole(&secret_place, "secret key")?;
    let mut uses = Uses::of_process();
    for (what, path) in
        [("offer", &args.offer), ("secret key", &secret_place), ("answer", &args.answer)]
    {
        uses.reads(what, path);
    }
    let mut answer = stream(&args.answer, "answer")?;
    let out = new_file(&mut uses, "--out", &args.out, args.force)?;
    let record_of = |id: &str| -> Result<Record, ServiceError> {
        let place = args.keys.join(REQUESTS).join(format!("{id}.json"));
        let refused = |reason: String| {
            ServiceError::Refused(format!(
                "{}: {reason}; the folder of the keys must be that which the request was encrypted with",
                format::path(&place)
            ))
        };
        let mut text = String::new();
        let file = data::open_regular(&place).map_err(|e| refused(e.to_string()))?;
        file.take(MAX_WHOLE).read_to_string(&mut text).map_err(|e| refused(e.to_string()))?;
        serde_json::from_str(&text).map_err(|e| refused(format::one_line(&e)))
    };
    let answers = {
        let progress = Progress::new(context.err, context.terminal);
        let told = |share: f64| progress.run("decrypt", share, 0.0);
        service::decrypt(&offered, &secret, &mut answer, &record_of, &context.cancel, &told)?
    };
    out.finish(answers.to_csv().as_bytes())?;
    let samples = answers.outputs.len();
    let mut rows = vec![(
        "predictions",
        format!("{}, {} samples", format::path(&args.out), format::count(samples as u64)),
    )];
    if let Some(correct) = answers.correct() {
        rows.push((
            "as known",
            format!(
                "{} of {} ({})",
                format::count(correct as u64),
                format::count(samples as u64),
                format::percent(correct as f64 / samples.max(1) as f64)
            ),
        ));
    }
    rows.push((
        "agreement",
        "not known: the model, and so its answers, are the server's".to_owned(),
    ));
    let checks = format!("{} check samples", answers.checked);
    rows.push(match &answers.fault {
        None => ("checked", format!("{checks} came back as the offer states")),
        Some(_) => ("checked", format!("{checks}: NOT as the offer states")),
    });
    if answers.margin_bits.is_finite() {
        rows.push(("least margin", format::bits(answers.margin_bits)));
    }
    let mut text = pairs(&rows);
    let status = match &answers.fault {
        None => 0,
        Some(fault) => {
            text += &folded("WRONG: ", &format!("{fault}; the predictions are not to be trusted"));
            WRONG
        }
    };
    Ok(Answer { text, status })
}

/// A result file that is new, or may be replaced.
fn new_file(uses: &mut Uses, role: &str, path: &Path, force: bool) -> Result<OutputFile> {
    let file = uses.writes(role, path)?;
    if !force && path.exists() {
        bail!("{}: is there already; name another file, or add --force", format::path(path));
    }
    Ok(file)
}

fn folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("{}: cannot be made", format::path(path)))
}

fn place(folder: &Path, name: &str) -> String {
    format::path(&folder.join(name))
}

fn size(bytes: usize) -> String {
    format::bytes(bytes as u64)
}

fn fresh() -> Result<Seed> {
    Seed::from_os().map_err(|e| anyhow::anyhow!("no randomness: {e}"))
}

fn offer(path: &Path) -> Result<Offered> {
    let bytes = whole(path, "offer")?;
    Offered::read(bytes).with_context(|| format!("offer {}", format::path(path)))
}

/// The bytes of a file.
fn whole(path: &Path, what: &str) -> Result<Vec<u8>> {
    let told = || format!("{what} {}", format::path(path));
    let file = opened(path, what)?;
    let mut bytes = Vec::new();
    file.take(MAX_WHOLE + 1).read_to_end(&mut bytes).with_context(told)?;
    if bytes.len() as u64 > MAX_WHOLE {
        bail!("{}: larger than {}", told(), format::bytes(MAX_WHOLE));
    }
    Ok(bytes)
}

fn stream(path: &Path, what: &str) -> Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 20, opened(path, what)?))
}

/// Opens what another command made; one that is not there is refused with that command.
fn opened(path: &Path, what: &str) -> Result<File> {
    data::open_regular(path).map_err(|cause| {
        let maker = match what {
            "offer" => "publish SCENARIO --out FOLDER writes it, FOLDER/offer.cso",
            "program" => "publish SCENARIO --out FOLDER writes it, FOLDER/program.csp",
            "secret key" => "keygen OFFER --out KEYS writes it into KEYS",
            "evaluation keys" => "keygen OFFER --out KEYS writes them, KEYS/evaluation.keys",
            "request" => "encrypt OFFER --keys KEYS --out REQUEST writes it",
            _ => "evaluate writes it, from a request",
        };
        anyhow!("{what} {}: {cause}; cryptoscope {maker}", format::path(path))
    })
}

/// A result file as a stream.
struct Stream<'a>(&'a mut OutputFile);

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes).map_err(std::io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
