//! The plan of the setup as it stands, or why it cannot work.

use super::{cryptonn, options, origin};
use crate::command::Command;
use crate::panels::button::named_button;
use crate::queue::Queue;
use crate::state::State;
use circuit::{NoiseMeasure, Plan, TablePlan};
use egui::{RichText, Ui};
use kit::theme;
use plots::measured_how;
use view::{TaskStatus, options_in};

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    if state.can_train_encrypted() {
        return cryptonn::plan(ui, state);
    }
    let preview = &state.preview;
    let refused = preview.refusal.is_some();
    let mut card = theme::card(ui);
    if refused {
        card = card.fill(t.notice_fill).stroke(egui::Stroke::new(1.0, t.notice));
    }
    card.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        if state.hides_predictions() {
            let text = RichText::new(state.hidden_text()).font(theme::small());
            ui.add(egui::Label::new(text.color(t.text_weak)).wrap());
            return;
        }
        ui.horizontal(|ui| {
            let heading = match (refused, preview.pending && preview.of != state.scenario.name) {
                (true, false) => "This setup cannot work".to_owned(),
                (true, true) => format!("{} cannot work", preview.of),
                (false, false) => "Plan".to_owned(),
                (false, true) if preview.plan.is_none() => "Plan".to_owned(),
                (false, true) => format!("Plan of {}", preview.of),
            };
            kit::heading(ui, &heading);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if preview.pending {
                    kit::caption(ui, if state.running { "after the run" } else { "updating" });
                }
            });
        });
        // What is known of the setup before stands back until the plan of this one is made.
        origin::dimmed(ui, preview.pending);
        if let Some(reason) = &preview.refusal {
            ui.add(egui::Label::new(reason).wrap());
            if state.data.is_none() && !preview.pending {
                ui.horizontal_wrapped(|ui| {
                    for option in options_in(reason) {
                        options::button(ui, option, state, queue);
                    }
                });
            }
            in_the_clear(ui, state);
            if state.lacks_public_data() {
                public_data(ui, state, queue);
            }
            if state.loaded.is_none() && state.takes_network() {
                named_button(ui, Command::NewNetwork, "New network for these data…", state, queue);
            }
        } else if let Some(plan) = &preview.plan {
            figures(ui, plan);
            in_the_clear(ui, state);
            for warning in &plan.warnings {
                let text = RichText::new(&warning.message).font(theme::small()).color(t.notice);
                ui.add(egui::Label::new(text).wrap());
            }
        } else {
            kit::caption(ui, "Loading the model and the dataset");
        }
    });
}

/// What the network does in the clear, so that what does not fit is seen before a run.
fn in_the_clear(ui: &mut Ui, state: &State) {
    let glance = state.glance.filter(|_| state.eyes().has_key());
    let Some((seen, right)) = glance.and_then(|seen| Some((seen, seen.right?))) else {
        return;
    };
    let percent = format::percent(right as f64 / seen.samples as f64);
    let text = format!("In the clear: {percent} of {} samples right", seen.samples);
    if !seen.is_doubtful() {
        kit::caption(ui, &text);
        return;
    }
    let t = theme::tokens(ui);
    let text = format!("{text}, hardly more than guessing: do normalisation and classes fit?");
    let text = RichText::new(text).font(theme::small()).color(t.notice);
    ui.add(egui::Label::new(text).wrap());
}

/// What can be done where a public dataset is not there.
fn public_data(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let download = &state.download;
    if download.status == TaskStatus::Running {
        kit::progress(ui, download.fraction, "Download progress");
        ui.horizontal(|ui| {
            named_button(ui, Command::StopTask, "Stop", state, queue);
            let percent = (download.fraction * 100.0).floor();
            kit::caption(ui, &format!("{percent} %, {}", download.what));
        });
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if let Some(set) = state.missing_set() {
            let label = format!("Download ({}, {})", format::bytes(set.bytes()), set.licence);
            named_button(ui, Command::Download, label, state, queue);
        }
        named_button(ui, Command::ChooseFolder, "Choose folder…", state, queue);
    });
}

fn figures(ui: &mut Ui, plan: &Plan) {
    if let Some(tables) = &plan.tables {
        return grid(ui, &table_rows(plan, tables));
    }
    let about_noise = measured_how(NoiseMeasure::of(plan.scheme));
    let (plaintext, plaintext_value, about_plaintext) = plaintext(plan);
    let (levels, about_levels) = match &plan.approximate {
        None => (plan.depth.to_string(), "Squarings one after another; batches the samples need"),
        Some(a) => (
            match a.levels {
                0 => format!("none of {} primes", plan.primes.len()),
                levels => format!("{levels} of {} primes", plan.primes.len()),
            },
            "Levels: primes of the modulus that squares and polynomials use up; batches the samples need",
        ),
    };
    let batches =
        if plan.batches == 1 { "1 batch".to_owned() } else { format!("{} batches", plan.batches) };
    let security = if plan.security_bits == 0 {
        "insecure".to_owned()
    } else {
        format!("{} bits, {}", plan.security_bits, plan.security_table)
    };
    let rows = [
        (
            "Scheme",
            format!("{}, N = {}", plan.scheme.name(), plan.ring_degree),
            "Ring degree N: the number of slots, samples in one batch",
        ),
        (
            if plan.approximate.is_some() { "Levels" } else { "Depth" },
            format!("{levels}, {batches}"),
            about_levels,
        ),
        (
            "log2 q, log2 qp",
            format!("{:.0}, {:.0} bits", plan.log2_q, plan.log2_qp),
            "Ciphertext modulus, and with the special primes of key switching",
        ),
        (plaintext, plaintext_value, about_plaintext),
        ("Security", security, plan.security_table.as_str()),
        (
            "Keys",
            format::bytes(plan.bytes.evaluation_keys),
            "Evaluation keys, sent to the server once",
        ),
        (
            "Up, down",
            format!("{}, {}", format::bytes(plan.bytes.upload), format::bytes(plan.bytes.download)),
            "Ciphertexts from client to server and back",
        ),
        noise(plan, &about_noise),
        (
            "Time",
            format!(
                "about {} for {} samples",
                format::secs(plan.secs.total()),
                format::count(plan.images as u64)
            ),
            "Encrypt, evaluate and decrypt all samples; keys are made once and not counted",
        ),
        ("Memory", format!("about {}", format::bytes(plan.bytes.peak_memory)), MEMORY),
    ];
    grid(ui, &rows);
    if let Some(approximate) = &plan.approximate {
        plots::degrees(ui, &approximate.degrees);
    }
}

const MEMORY: &str = "Peak memory of the run, estimated. It may be less than the ciphertexts of one stage together: they are computed piece by piece";

/// The least of what is told of noise, by the name it has in the scheme.
fn noise<'a>(plan: &Plan, about: &'a str) -> Row<'a> {
    let measure = NoiseMeasure::of(plan.scheme);
    let (name, most) = match measure {
        NoiseMeasure::Margin => (NOISE_NAMES[0], "at least "),
        NoiseMeasure::Precision => (NOISE_NAMES[1], "at least "),
        NoiseMeasure::Failure => (NOISE_NAMES[2], "at most "),
    };
    (name, format!("{most}{}", measure.text(plan.margin_bits())), about)
}

/// Rows that are a notice where they are negative.
const NOISE_NAMES: [&str; 3] = ["Noise margin", "Spare precision", "Failure"];

/// Name, value and explanation of what is encoded.
fn plaintext(plan: &Plan) -> (&'static str, String, &'static str) {
    if let Some(a) = &plan.approximate {
        let (predicted, required, _) = a.precision_bits();
        return (
            "Precision",
            format!("{predicted:.1} bits, {required:.1} required"),
            "Bits of precision of the outputs: minus log2 of the largest error, predicted; and of the error bound beyond which an output counts as wrong",
        );
    }
    let moduli = match plan.plaintext_moduli.as_slice() {
        [one] => format!("{one}"),
        many => format!("{} primes, {:.0} bits", many.len(), plan.plaintext_bits),
    };
    ("Plaintext t", moduli, "Modulus of the integers computed with")
}

/// Name, value, explanation.
type Row<'a> = (&'a str, String, &'a str);

fn grid(ui: &mut Ui, rows: &[Row<'_>]) {
    let t = theme::tokens(ui);
    egui::Grid::new("plan")
        .num_columns(2)
        .min_col_width(theme::FIELD_LABEL)
        .min_row_height(16.0)
        .spacing([8.0, 2.0])
        .show(ui, |ui| {
            for (name, value, about) in rows {
                let name_text = RichText::new(*name).font(theme::small()).color(t.text_weak);
                kit::explained(ui, name, name_text).on_hover_text(*about);
                let weak = NOISE_NAMES.contains(name) && value.contains(" −");
                let colour = if weak { t.notice } else { t.text_strong };
                ui.add(egui::Label::new(RichText::new(value).size(12.0).color(colour)).truncate())
                    .on_hover_text(*about);
                ui.end_row();
            }
        });
}

/// What a plan for lookup tables says.
fn table_rows<'a>(plan: &'a Plan, tables: &TablePlan) -> Vec<Row<'a>> {
    let power = |p: f64| {
        if p > 0.0 { format!("2^{:.1}", p.log2()).replace('-', "−") } else { "none".to_owned() }
    };
    vec![
        (
            "Scheme",
            format!(
                "TFHE, n {}, k {}, N {}",
                tables.lwe_dimension, tables.glwe_dimension, tables.polynomial_size
            ),
            "Dimension n of the ciphertexts that are bootstrapped; k polynomials of degree N hold a table",
        ),
        (
            "Lookups",
            format!("{} a sample, {} each", tables.lookups, format::secs(tables.lookup_secs)),
            "Table lookups, programmable bootstrappings: one for every value that goes into a table; time on one thread",
        ),
        (
            "Adjacent bin",
            format!("{:.2} lookups a sample", tables.adjacent_per_sample),
            "Lookups whose sum lies so near the edge of a bin that noise moves it over, predicted on training samples; the model was trained to bear them",
        ),
        (
            "Wrong bin",
            format!(
                "{} a lookup, {} a sample",
                power(tables.failure_per_lookup),
                power(tables.failure_per_sample)
            ),
            "Probability that a lookup takes a wrong bin that is not adjacent: a failure",
        ),
        (
            "Agreement",
            format!("{} predicted", format::percent(tables.agreement)),
            "Answers that noise leaves as they are, predicted on training samples",
        ),
        ("Security", format!("{} bits", plan.security_bits), plan.security_table.as_str()),
        (
            "Keys",
            format!(
                "{}, in memory {}",
                format::bytes(plan.bytes.evaluation_keys),
                format::bytes(tables.key_memory_bytes)
            ),
            "Evaluation keys, sent to the server once, and as the server holds them",
        ),
        (
            "Up, down",
            format!("{}, {}", format::bytes(plan.bytes.upload), format::bytes(plan.bytes.download)),
            "Ciphertexts from client to server and back",
        ),
        noise(plan, NoiseMeasure::Failure.definition()),
        (
            "Time",
            format!(
                "{} a sample, {} in all",
                format::secs(tables.sample_secs),
                format::secs(plan.secs.total())
            ),
            "Encrypt, evaluate and decrypt",
        ),
        ("Memory", format!("about {}", format::bytes(plan.bytes.peak_memory)), MEMORY),
    ]
}
