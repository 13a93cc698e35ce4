//! Runs that are pinned, to lie under those that come later, and what is different between them.

use super::run::RunView;
use circuit::NoiseMeasure;
use format::Share;
use report::{RunReport, StageReport};

/// Runs that can be pinned at a time.
const MOST: usize = 2;
const NONE: &str = "—";

/// A run that is pinned.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The scenario it is of.
    pub name: String,
    report: RunReport,
}

impl Pin {
    /// Its stages.
    pub fn stages(&self) -> &[StageReport] {
        &self.report.stages
    }

    /// What its figures of noise are.
    pub fn measure(&self) -> NoiseMeasure {
        NoiseMeasure::of_name(&self.report.scheme.kind)
    }

    /// Whether its stages are those of these names: only then can it be drawn over them.
    pub fn has_stages<'a>(&self, names: impl ExactSizeIterator<Item = &'a str>) -> bool {
        let own = self.report.stages.iter().map(|stage| stage.name.as_str());
        names.len() == self.report.stages.len() && names.eq(own)
    }
}

/// The runs that are pinned, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Pins(Vec<Pin>);

impl Pins {
    /// What each of them is called, by its place.
    pub const NAMES: [&str; MOST] = ["pinned A", "pinned B"];

    /// The runs.
    pub fn all(&self) -> &[Pin] {
        &self.0
    }

    /// Pins a run that is over, in the place of the oldest where there is no room; whether it has figures.
    pub fn pin(&mut self, run: &RunView) -> bool {
        let Some(report) = run.report.as_deref() else { return false };
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(Pin { name: run.scenario.name.clone(), report: report.clone() });
        true
    }

    /// Takes a pin off.
    pub fn unpin(&mut self, at: usize) {
        if at < self.0.len() {
            self.0.remove(at);
        }
    }
}

/// A figure of the pinned runs and of the present one.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub name: &'static str,
    pub about: &'static str,
    /// By pin, the present run last.
    pub values: Vec<String>,
    /// By pin: the present run less it.
    pub changes: Vec<String>,
    /// Whether only somebody with the key sees it.
    pub needs_key: bool,
}

/// The figures of the pinned runs beside those of `now`.
pub fn compared(pins: &Pins, now: Option<&RunReport>) -> Vec<Compared> {
    FIGURES
        .iter()
        .map(|(name, about, needs_key, amount)| {
            let present = now.and_then(amount);
            let pinned: Vec<_> = pins.0.iter().map(|pin| amount(&pin.report)).collect();
            let all = pinned.iter().chain([&present]);
            Compared {
                name,
                about,
                values: all.map(|a| a.map_or(NONE.to_owned(), Amount::text)).collect(),
                changes: pinned.iter().map(|before| change(present, *before)).collect(),
                needs_key: *needs_key,
            }
        })
        .collect()
}

type Figure = (&'static str, &'static str, bool, fn(&RunReport) -> Option<Amount>);

const FIGURES: [Figure; 11] = [
    ("Samples", "Samples that were run", false, |r| Some(Amount::Count(r.images as u64))),
    ("Original", "Accuracy of the original network, in the clear", true, |r| {
        Some(Amount::Share(r.plain.share(r.images)))
    }),
    (
        "Reference",
        "Accuracy of the reference network: integers, polynomials or tables, in the clear",
        true,
        |r| Some(Amount::Share(Share::of_fraction(r.plain.integer_accuracy, r.images))),
    ),
    (
        "Encrypted",
        "Accuracy of the decrypted answers; none where something decrypted wrongly",
        true,
        |r| {
            let share = Share::of_fraction(r.encrypted.accuracy, r.images);
            r.is_right().then_some(Amount::Share(share))
        },
    ),
    ("Time", "Encrypt, evaluate and decrypt, all samples", false, |r| {
        Some(Amount::Secs(r.encrypted.total_secs))
    }),
    ("Per sample", "The same divided by the samples", false, |r| {
        Some(Amount::Secs(r.encrypted.total_secs / r.images.max(1) as f64))
    }),
    ("Up", "Bytes from client to server, all samples, without keys", false, |r| {
        Some(Amount::Bytes(r.bytes.upload))
    }),
    ("Margin", "The least noise margin that was measured after a stage", true, |r| {
        let margins = r.stages.iter().filter_map(|s| s.margin_bits_measured);
        let least = margins.min_by(f64::total_cmp)?;
        Some(Amount::Noise(NoiseMeasure::of_name(&r.scheme.kind), least))
    }),
    ("N", "Ring degree: values of a polynomial", false, |r| {
        Some(Amount::Count(r.scheme.ring_degree as u64)).filter(|_| r.scheme.ring_degree > 0)
    }),
    ("log2 q", "Bits of the ciphertext modulus", false, |r| {
        Some(Amount::Bits(r.scheme.log2_q)).filter(|_| r.scheme.log2_q > 0.0)
    }),
    ("Memory", "The most memory that the program took up to the end of the run", false, |r| {
        Some(Amount::Bytes(r.peak_memory_bytes)).filter(|_| r.peak_memory_bytes > 0)
    }),
];

#[derive(Clone, Copy)]
enum Amount {
    Share(Share),
    Secs(f64),
    Bytes(u64),
    Count(u64),
    Bits(f64),
    Noise(NoiseMeasure, f64),
}

impl Amount {
    fn text(self) -> String {
        match self {
            Self::Share(share) => share.text(),
            Self::Secs(secs) => format::secs(secs),
            Self::Bytes(bytes) => format::bytes(bytes),
            Self::Count(count) => format::count(count),
            Self::Bits(bits) => format::bits(bits),
            Self::Noise(measure, bits) => measure.short(bits),
        }
    }
}

/// What became of `before`, with its sign; where it can be, how many times as much it is.
fn change(now: Option<Amount>, before: Option<Amount>) -> String {
    let Some((now, before)) = now.zip(before) else { return NONE.to_owned() };
    let sign = |more: bool| if more { '+' } else { '−' };
    let bits = |by: f64| match by.abs() < 0.05 {
        true => "0".to_owned(),
        false => format!("{}{}", sign(by > 0.0), format::bits(by.abs())),
    };
    match (now, before) {
        (Amount::Share(now), Amount::Share(before)) if now.of == before.of => {
            now.change_from(before)
        }
        (Amount::Share(now), Amount::Share(before)) => {
            let points = now.fraction().zip(before.fraction()).map(|(n, b)| (n - b) * 100.0);
            points
                .map_or(NONE.to_owned(), |by| format!("{}{:.2} points", sign(by >= 0.0), by.abs()))
        }
        (Amount::Secs(now), Amount::Secs(before)) => {
            let by = format::secs((now - before).abs());
            times(now, before, format!("{}{by}", sign(now >= before)))
        }
        (Amount::Bytes(now), Amount::Bytes(before)) => {
            let by = format::bytes(now.abs_diff(before));
            times(now as f64, before as f64, format!("{}{by}", sign(now >= before)))
        }
        (Amount::Count(now), Amount::Count(before)) if now == before => "0".to_owned(),
        (Amount::Count(now), Amount::Count(before)) => {
            format!("{}{}", sign(now > before), format::count(now.abs_diff(before)))
        }
        (Amount::Bits(now), Amount::Bits(before)) => bits(now - before),
        (Amount::Noise(of, now), Amount::Noise(as_of, before)) if of == as_of => bits(now - before),
        _ => "another measure".to_owned(),
    }
}

/// The change, and how many times as much it is.
fn times(now: f64, before: f64, by: String) -> String {
    if now == before {
        return "0".to_owned();
    }
    match now / before {
        ratio if ratio.is_finite() && ratio > 0.0 => format!("{by}, ×{ratio:.2}"),
        _ => by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::Scenario;

    fn run(images: usize, right: f64, secs: f64, scheme: &str) -> RunView {
        let mut report = RunReport { images, ..RunReport::default() };
        (report.plain.accuracy, report.plain.integer_accuracy) = (0.9, 0.9);
        (report.encrypted.accuracy, report.encrypted.total_secs) = (right, secs);
        (report.bytes.upload, report.scheme.ring_degree) = (3 << 20, 8192);
        (report.scheme.kind, report.scheme.log2_q) = (scheme.to_owned(), 135.2);
        let mut run = RunView::new(Scenario::open("digits").unwrap());
        run.end(Ok(Box::new(report)));
        run
    }

    fn row(rows: &[Compared], name: &str) -> (Vec<String>, Vec<String>) {
        let found = rows.iter().find(|row| row.name == name).unwrap();
        (found.values.clone(), found.changes.clone())
    }

    #[test]
    fn figures_stand_beside_each_other_with_what_changed() {
        let mut pins = Pins::default();
        assert!(pins.pin(&run(100, 0.8, 2.0, "bgv")));
        assert!(pins.pin(&run(200, 0.9, 0.5, "bgv")));
        let mut now = run(100, 0.85, 3.0, "bgv");
        let report = now.report.as_mut().unwrap();
        (report.scheme.ring_degree, report.scheme.log2_q) = (16_384, 180.3);
        report.bytes.upload = 6 << 20;
        let rows = compared(&pins, now.report.as_deref());
        let texts = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let expect = |name: &str, values: &[&str], changes: &[&str]| {
            assert_eq!(row(&rows, name), (texts(values), texts(changes)), "{name}");
        };
        expect("Samples", &["100", "200", "100"], &["0", "−100"]);
        expect("Encrypted", &["80.00 %", "90.00 %", "85.00 %"], &["+5.00 points", "−5.00 points"]);
        expect("Original", &["90.00 %"; 3], &["0", "+0.00 points"]);
        expect("Time", &["2.00 s", "500 ms", "3.00 s"], &["+1.00 s, ×1.50", "+2.50 s, ×6.00"]);
        expect(
            "Per sample",
            &["20.0 ms", "2.50 ms", "30.0 ms"],
            &["+10.0 ms, ×1.50", "+27.5 ms, ×12.00"],
        );
        expect("Up", &["3.00 MiB", "3.00 MiB", "6.00 MiB"], &["+3.00 MiB, ×2.00"; 2]);
        expect("N", &["8192", "8192", "16\u{202f}384"], &["+8192"; 2]);
        expect("log2 q", &["135.2 bits", "135.2 bits", "180.3 bits"], &["+45.1 bits"; 2]);
        expect("Memory", &["—"; 3], &["—"; 2]);
    }

    #[test]
    fn the_oldest_pin_gives_way_and_a_run_without_figures_is_none() {
        let mut pins = Pins::default();
        assert!(!pins.pin(&RunView::new(Scenario::open("digits").unwrap())));
        for images in 1..=3 {
            pins.pin(&run(images, 1.0, 1.0, "bgv"));
        }
        let samples = row(&compared(&pins, None), "Samples");
        assert_eq!(samples, (vec!["2".into(), "3".into(), "—".into()], vec!["—".into(); 2]));
        pins.unpin(0);
        pins.unpin(7);
        assert_eq!(pins.all().len(), 1);
    }
}
