//! The parts of the page.

use circuit::NoiseMeasure;
use format::NOT_KNOWN;
use kit::escaped;
use lesson::Guessed;
use plots::Curves;
use report::{RunReport, StageReport};
use std::collections::BTreeSet;
use strip::{Figure, LayerBox, Source, Strip};
use view::Folding;

/// A table of texts, the first row its heads.
fn table(class: &str, rows: &[Vec<String>]) -> String {
    let row = |cell: &str, texts: &[String]| {
        let cells = texts.iter().map(|text| format!("<{cell}>{}</{cell}>", escaped(text)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let Some((heads, rest)) = rows.split_first() else { return String::new() };
    let body: String = rest.iter().map(|texts| row("td", texts)).collect();
    format!("<table class=\"{class}\">\n{}{body}</table>\n", row("th", heads))
}

/// What was run.
pub fn asked(report: &RunReport) -> String {
    let scheme = &report.scheme;
    let text = format!(
        "Model {} on {} samples of {}, {}, under {}, seed {}.",
        report.model,
        format::count(report.images as u64),
        report.dataset,
        report.activation.form(),
        scheme.kind.to_uppercase(),
        report.seed
    );
    format!("<p>{}</p>\n", escaped(&text))
}

/// The strip: who computes what.
pub fn strip(source: &Source<'_>) -> String {
    let Some(strip) = Strip::of(source) else { return String::new() };
    let bytes = |count: Option<u64>| count.map_or_else(String::new, format::bytes);
    let pipe = |text: String| format!("<span class=\"pipe\">{} ▶</span>\n", escaped(&text));
    let end = |name: &str, below: &str| {
        format!(
            "<div class=\"box\"><b>{}</b>{}<br><span class=\"small\">client, key</span></div>\n",
            escaped(name),
            escaped(below)
        )
    };
    let mut out = String::from("<div class=\"strip\">\n");
    out.push_str(&end("input", &strip.input));
    out.push_str(&pipe(bytes(strip.upload)));
    for layer in &strip.layers {
        out.push_str(&server_box(layer, strip.measure));
    }
    out.push_str(&pipe(bytes(strip.download)));
    let answers = strip.accuracy.clone().unwrap_or_else(|| strip.output.clone());
    out.push_str(&end("answers", &answers));
    out.push_str("</div>\n");
    out
}

fn server_box(layer: &LayerBox, measure: NoiseMeasure) -> String {
    let shape = layer.shape.as_deref().unwrap_or_default();
    let battery = layer.battery.map_or_else(String::new, |battery| {
        format!(
            "<span class=\"battery\"><i style=\"width:{:.0}%\"></i></span>{}",
            100.0 * battery.share.clamp(0.0, 1.0),
            escaped(&measure.text(battery.bits))
        )
    });
    format!(
        "<div class=\"box server\"><b>{}</b>{}{battery}</div>\n",
        escaped(&layer.name),
        escaped(shape)
    )
}

/// The line of figures.
pub fn figures(figures: &[Figure]) -> String {
    let heads = figures.iter().map(|figure| figure.caption.clone()).collect();
    let values = figures.iter().map(|figure| figure.value.clone()).collect();
    table("figures", &[heads, values])
}

/// Guesses beside truths.
pub fn guesses(guesses: &[Guessed]) -> String {
    if guesses.is_empty() {
        return String::new();
    }
    let mut rows = vec![["Guessed", "guess", "true", "off by"].map(str::to_owned).to_vec()];
    rows.extend(guesses.iter().map(|one| {
        let off = one.off().unwrap_or_else(|| NOT_KNOWN.to_owned());
        vec![one.label.clone(), one.guess_text(), one.truth_text(), off]
    }));
    format!("<h2>Guessed before</h2>\n{}", table("guesses", &rows))
}

/// What the plots show.
pub fn curves<'a>(source: &Source<'a>, report: &RunReport) -> Curves<'a> {
    Curves {
        stages: source.stages,
        folding: Folding::new(source.stages, &BTreeSet::new()),
        faded: false,
        pending: false,
        measure: NoiseMeasure::of_name(&report.scheme.kind),
        sees_noise: true,
        hides_predicted: false,
        pinned: &[],
    }
}

/// The stage table.
pub fn stages(report: &RunReport) -> String {
    let measure = NoiseMeasure::of_name(&report.scheme.kind);
    let heads = [
        "Stage",
        "time",
        "original",
        "ciphertexts",
        "size",
        "log2 q",
        "predicted",
        "measured",
        "wrong",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let row = |s: &StageReport| {
        vec![
            s.name.clone(),
            format::secs(s.secs),
            if s.plain_secs > 0.0 { format::secs(s.plain_secs) } else { "—".to_owned() },
            format::count(s.ciphertexts as u64),
            format::bytes(s.ciphertext_bytes),
            format!("{:.0}", s.log2_q),
            measure.text(s.margin_bits_predicted),
            s.margin_bits_measured.map_or_else(|| "—".to_owned(), |bits| measure.text(bits)),
            format::count(s.wrong_values),
        ]
    };
    rows.extend(report.stages.iter().map(row));
    let told = format!("Predicted and measured: {}.", measure.title().to_lowercase());
    format!("{}<p class=\"small\">{}</p>\n", table("stages", &rows), escaped(&told))
}

/// What the run warned of.
pub fn warnings(report: &RunReport) -> String {
    if report.warnings.is_empty() {
        return String::new();
    }
    let items = report.warnings.iter().map(|w| format!("<li>{}</li>\n", escaped(&w.message)));
    format!("<h2>Warnings</h2>\n<ul>\n{}</ul>\n", items.collect::<String>())
}

/// The parameters, and where their security is read from.
pub fn parameters(report: &RunReport) -> String {
    let scheme = &report.scheme;
    let list = |numbers: &[u64]| {
        let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
        if texts.is_empty() { "—".to_owned() } else { texts.join(", ") }
    };
    let security = match scheme.security_bits {
        0 => "insecure".to_owned(),
        bits => format!("{bits} bits: {}", scheme.security_table),
    };
    let memory = match report.peak_memory_bytes {
        0 => NOT_KNOWN.to_owned(),
        bytes => format::bytes(bytes),
    };
    let pairs = [
        ("Scheme", scheme.kind.to_uppercase()),
        ("Ring degree N", format::count(scheme.ring_degree as u64)),
        ("Security", security),
        ("log2 q, log2 qp", format!("{:.1}, {:.1} bits", scheme.log2_q, scheme.log2_qp)),
        ("Primes of q", list(&scheme.primes)),
        ("Plaintext moduli", list(&scheme.plaintext_moduli)),
        ("Kernel, threads", format!("{}, {}", scheme.kernel, report.threads)),
        ("Evaluation keys", format::bytes(report.bytes.evaluation_keys)),
        ("Peak memory", memory),
        ("Setup", report.setup.as_ref().map_or_else(String::new, |s| s.digest.clone())),
        ("Data", report.dataset_digest.as_ref().map_or_else(String::new, ToString::to_string)),
    ];
    let mut rows = vec![vec!["Parameter".to_owned(), "value".to_owned()]];
    let known = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    rows.extend(known.map(|(name, value)| vec![name.to_owned(), value]));
    table("parameters", &rows)
}
