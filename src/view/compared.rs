//! Pinned runs beside the present one: settings that are others, and figures with what changed.

use super::pins::Pins;
use super::run::RunView;
use circuit::NoiseMeasure;
use format::Share;
use report::RunReport;
use scenario::Setup;

const NONE: &str = "—";

/// A figure of the pinned runs and of the present one.
#[derive(Clone, Debug, PartialEq)]
pub struct PinnedFigure {
    pub name: &'static str,
    pub about: &'static str,
    /// By pin, the present run last.
    pub values: Vec<String>,
    /// By pin: the present run less it.
    pub changes: Vec<String>,
    /// Whether only somebody with the key sees it.
    pub needs_key: bool,
    amounts: Vec<Option<Amount>>,
}

/// A setting that is not the same in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherSetting {
    /// Dotted, as `--set` takes it.
    pub name: String,
    /// By pin, the present run last.
    pub values: Vec<String>,
}

/// The figures of the pinned runs beside those of `now`.
pub fn compared(pins: &Pins, now: Option<&RunReport>) -> Vec<PinnedFigure> {
    FIGURES
        .iter()
        .map(|(name, about, needs_key, amount)| {
            let mut amounts: Vec<_> = pins.all().iter().map(|pin| amount(&pin.report)).collect();
            let present = now.and_then(amount);
            let changes = amounts.iter().map(|before| change(present, *before)).collect();
            amounts.push(present);
            let values = amounts.iter().map(|a| a.map_or(NONE.to_owned(), Amount::text)).collect();
            PinnedFigure { name, about, values, changes, needs_key: *needs_key, amounts }
        })
        .collect()
}

/// The settings that are not the same in the pinned runs and in `now`.
pub fn other_settings(pins: &Pins, now: Option<&RunView>) -> Vec<OtherSetting> {
    let of_pins = pins.all().iter().map(|pin| pin.report.setup.as_deref().map(Setup::settings));
    let of_now = now.map(|run| Some(run.origin.setup.settings()));
    let all: Vec<Option<Vec<(String, String)>>> = of_pins.chain(of_now).collect();
    let mut names: Vec<&String> = all.iter().flatten().flatten().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let value = |of: &Option<Vec<(String, String)>>, name: &String| match of {
        None => format::NOT_KNOWN.to_owned(),
        Some(of) => {
            let found = of.iter().find(|(known, _)| known == name);
            found.map_or("automatic".to_owned(), |(_, value)| value.clone())
        }
    };
    let rows = names.into_iter().map(|name| OtherSetting {
        name: name.clone(),
        values: all.iter().map(|of| value(of, name)).collect(),
    });
    let other = |row: &OtherSetting| row.values.iter().any(|value| *value != row.values[0]);
    let mut rows: Vec<OtherSetting> = rows.filter(other).collect();
    // Where nothing was run yet.
    rows.iter_mut().for_each(|row| row.values.resize(pins.all().len() + 1, NONE.to_owned()));
    rows
}

/// Settings and figures as CSV, figures as numbers in the unit of their row, with the differences and
/// ratios of the present run to each of the pinned.
pub fn compared_csv(pins: &Pins, now: Option<&RunView>) -> String {
    let names = &Pins::NAMES[..pins.all().len()];
    let mut head = vec!["what".to_owned(), "unit".to_owned()];
    head.extend(names.iter().map(|name| (*name).to_owned()));
    head.push("now".to_owned());
    for name in names {
        head.extend([format!("now - {name}"), format!("now / {name}")]);
    }
    let width = head.len();
    let padded = move |mut row: Vec<String>| {
        row.resize(width, String::new());
        row
    };
    let mut runs = vec!["scenario".to_owned(), String::new()];
    runs.extend(pins.all().iter().map(|pin| pin.name.clone()));
    runs.extend(now.map(|run| run.scenario.name.clone()));
    let mut rows = vec![padded(runs)];
    for setting in other_settings(pins, now) {
        let mut row = vec![setting.name, "setting".to_owned()];
        row.extend(setting.values);
        rows.push(padded(row));
    }
    for figure in compared(pins, now.and_then(|run| run.report.as_deref())) {
        let unit = figure.amounts.iter().flatten().next().map_or("", |amount| amount.unit());
        let number = |amount: Option<Amount>| amount.and_then(Amount::number);
        let text = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let mut row = vec![figure.name.to_owned(), unit.to_owned()];
        row.extend(figure.amounts.iter().map(|amount| text(number(*amount))));
        let present = figure.amounts.last().copied().flatten();
        for before in &figure.amounts[..names.len()] {
            let both = number(present).zip(number(*before));
            let both = both.filter(|_| present.zip(*before).is_some_and(|(a, b)| a.is_like(b)));
            let ratio = both.map(|(now, before)| now / before).filter(|r| r.is_finite());
            row.extend([text(both.map(|(now, before)| now - before)), text(ratio)]);
        }
        rows.push(row);
    }
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    format::csv_table(&head, rows.into_iter())
}

type Figure = (&'static str, &'static str, bool, fn(&RunReport) -> Option<Amount>);

const FIGURES: [Figure; 12] = [
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
    ("Down", "Bytes from server to client, all samples", false, |r| {
        Some(Amount::Bytes(r.bytes.download))
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

#[derive(Clone, Copy, Debug, PartialEq)]
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

    fn unit(self) -> &'static str {
        match self {
            Self::Share(_) => "fraction",
            Self::Secs(_) => "s",
            Self::Bytes(_) => "bytes",
            Self::Count(_) => "count",
            Self::Bits(_) | Self::Noise(..) => "bits",
        }
    }

    fn number(self) -> Option<f64> {
        match self {
            Self::Share(share) => share.fraction(),
            Self::Bytes(count) | Self::Count(count) => Some(count as f64),
            Self::Secs(value) | Self::Bits(value) | Self::Noise(_, value) => {
                Some(value).filter(|value| value.is_finite())
            }
        }
    }

    /// Whether they measure the same.
    fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Noise(a, _), Self::Noise(b, _)) => a == b,
            _ => true,
        }
    }
}

/// What became of `before`, with its sign; where it can be, how many times as much it is.
fn change(now: Option<Amount>, before: Option<Amount>) -> String {
    let Some((now, before)) = now.zip(before) else { return NONE.to_owned() };
    let sign = |more: bool| if more { '+' } else { '−' };
    let bits = |now: f64, before: f64| match (now - before).abs() < 0.05 {
        true => "0".to_owned(),
        false => {
            let by = format::bits((now - before).abs());
            times(now, before, format!("{}{by}", sign(now > before)))
        }
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
        (Amount::Count(now), Amount::Count(before)) => {
            let by = format::count(now.abs_diff(before));
            times(now as f64, before as f64, format!("{}{by}", sign(now >= before)))
        }
        (Amount::Bits(now), Amount::Bits(before)) => bits(now, before),
        (Amount::Noise(of, now), Amount::Noise(as_of, before)) if of == as_of => bits(now, before),
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

    fn run(images: usize, right: f64, secs: f64, settings: &[&str]) -> RunView {
        let mut scenario = Scenario::open("digits").unwrap();
        for setting in settings {
            scenario = scenario.with_setting(setting).unwrap();
        }
        let mut report = RunReport { images, ..RunReport::default() };
        report.setup = Some(Box::new(Setup::of(&scenario)));
        (report.plain.accuracy, report.plain.integer_accuracy) = (0.9, 0.9);
        (report.encrypted.accuracy, report.encrypted.total_secs) = (right, secs);
        (report.bytes.upload, report.scheme.ring_degree) = (3 << 20, 8192);
        (report.scheme.kind, report.scheme.log2_q) = ("bgv".to_owned(), 135.2);
        let mut run = RunView::new(scenario);
        run.end(Ok(Box::new(report)));
        run
    }

    /// Two pinned runs, and a third.
    fn three() -> (Pins, RunView) {
        let mut pins = Pins::default();
        pins.pin(&run(100, 0.8, 2.0, &["images=100"]));
        pins.pin(&run(200, 0.9, 0.5, &["images=200", "scheme.prime_count=3"]));
        let mut now = run(100, 0.85, 3.0, &["images=100", "scheme.ring_degree=16384"]);
        let report = now.report.as_mut().unwrap();
        (report.scheme.ring_degree, report.scheme.log2_q) = (16_384, 180.3);
        report.bytes.upload = 6 << 20;
        (pins, now)
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn figures_stand_beside_each_other_with_what_changed() {
        let (pins, now) = three();
        let rows = compared(&pins, now.report.as_deref());
        let expect = |name: &str, values: &[&str], changes: &[&str]| {
            let row = rows.iter().find(|row| row.name == name).unwrap();
            assert_eq!((&row.values, &row.changes), (&texts(values), &texts(changes)), "{name}");
        };
        expect("Samples", &["100", "200", "100"], &["0", "−100, ×0.50"]);
        expect("Encrypted", &["80.00 %", "90.00 %", "85.00 %"], &["+5.00 points", "−5.00 points"]);
        expect("Original", &["90.00 %"; 3], &["0", "+0.00 points"]);
        expect("Time", &["2.00 s", "500 ms", "3.00 s"], &["+1.00 s, ×1.50", "+2.50 s, ×6.00"]);
        expect(
            "Per sample",
            &["20.0 ms", "2.50 ms", "30.0 ms"],
            &["+10.0 ms, ×1.50", "+27.5 ms, ×12.00"],
        );
        expect("Up", &["3.00 MiB", "3.00 MiB", "6.00 MiB"], &["+3.00 MiB, ×2.00"; 2]);
        expect("N", &["8192", "8192", "16\u{a0}384"], &["+8192, ×2.00"; 2]);
        let log2_q = ["135.2 bits", "135.2 bits", "180.3 bits"];
        expect("log2 q", &log2_q, &["+45.1 bits, ×1.33"; 2]);
        expect("Memory", &["—"; 3], &["—"; 2]);
        let rows = compared(&pins, None);
        assert_eq!(rows[0].values, ["100", "200", "—"]);
        assert_eq!(rows[0].changes, ["—"; 2]);
    }

    #[test]
    fn settings_that_are_others_are_named_and_no_more() {
        let (pins, now) = three();
        let rows = other_settings(&pins, Some(&now));
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["images", "scheme.prime_count", "scheme.ring_degree"]);
        assert_eq!(rows[0].values, ["100", "200", "100"]);
        assert_eq!(rows[1].values, ["automatic", "3", "automatic"]);
        assert_eq!(rows[2].values, ["automatic", "automatic", "16384"]);
        let rows = other_settings(&pins, None);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["images", "scheme.prime_count"]);
        assert_eq!(rows[0].values, ["100", "200", "—"]);
    }

    #[test]
    fn the_table_of_differences_has_numbers() {
        let (pins, now) = three();
        let csv = compared_csv(&pins, Some(&now));
        let lines: Vec<&str> = csv.lines().collect();
        let head = "what,unit,pinned A,pinned B,now,now - pinned A,now / pinned A,now - pinned B,now / pinned B";
        assert_eq!(lines[0], head);
        assert_eq!(lines[1], "scenario,,digits,digits,digits,,,,");
        assert_eq!(lines[2], "images,setting,100,200,100,,,,");
        assert!(lines.contains(&"Time,s,2,0.5,3,1,1.5,2.5,6"), "{csv}");
        assert!(lines.contains(&"Up,bytes,3145728,3145728,6291456,3145728,2,3145728,2"), "{csv}");
        assert!(lines.contains(&"Memory,,,,,,,,"), "{csv}");
    }
}
