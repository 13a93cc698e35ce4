//! Parameters of the scheme, those of the planner or set by hand: a slider each.

use crate::state::State;
use circuit::{Plan, SchemeKind};
use egui::{ComboBox, Ui};
use kit::{PAIR_FIRST, number_or, pair, row, slider_or, theme};
use scenario::{ActivationKind, SchemeRequest, SchemeSelector};
use std::ops::RangeInclusive;

/// Limits of what can be set, of exact schemes and of CKKS; what of it works the planner says.
const RING_POWERS: [RangeInclusive<u32>; 2] = [11..=15, 12..=16];
const PRIME_COUNTS: [RangeInclusive<usize>; 2] = [1..=16, 1..=48];
const PRIME_BITS: RangeInclusive<u32> = 30..=50;
const PLAINTEXT_BITS: RangeInclusive<u32> = 16..=50;
const QUANTISER_BITS: RangeInclusive<u32> = 2..=12;
const PRECISION_BITS: RangeInclusive<u32> = 0..=30;
const TABLE_DEGREES: &[usize] = &[512, 1024, 2048, 4096, 8192];
const LWE_DIMENSIONS: RangeInclusive<usize> = 440..=1200;

/// Parameters, those of the planner or one's own.
pub fn show(ui: &mut Ui, choice: &mut SchemeRequest, kind: ActivationKind, state: &State) {
    let plan = state.preview.plan.as_deref();
    let mut by_hand = *choice != SchemeRequest { kind: choice.kind, ..SchemeRequest::default() };
    row(ui, "Parameters", "Let the planner choose, or set each by hand", |ui| {
        if ui.checkbox(&mut by_hand, "By hand").changed() {
            *choice = if by_hand {
                from_plan(choice.kind, plan)
            } else {
                SchemeRequest { kind: choice.kind, ..SchemeRequest::default() }
            };
        }
    });
    if by_hand && kind == ActivationKind::Lookup {
        table_parameters(ui, choice);
    } else if by_hand {
        let is_real = choice.kind == SchemeSelector::Ckks
            || plan.is_some_and(|p| p.scheme == SchemeKind::Ckks);
        sliders(ui, choice, is_real, plan);
        let hidden = state.hides_predictions();
        let refusal = state.preview.refusal.as_deref().filter(|_| !hidden);
        plots::outcome(ui, plan.filter(|_| !hidden), refusal, choice.ring_degree);
    }
}

/// Parameters by hand start from what the planner chose.
fn from_plan(kind: SchemeSelector, plan: Option<&Plan>) -> SchemeRequest {
    if let Some(tables) = plan.and_then(|p| p.tables.as_ref()) {
        return SchemeRequest {
            kind,
            ring_degree: Some(tables.polynomial_size),
            lwe_dimension: Some(tables.lwe_dimension),
            ..SchemeRequest::default()
        };
    }
    SchemeRequest {
        kind,
        ring_degree: Some(plan.map_or(8192, |p| p.ring_degree)),
        prime_count: plan.map(|p| p.primes.len()),
        // Primes of an approximate plan have different sizes.
        prime_bits: plan
            .filter(|p| p.approximate.is_none())
            .and_then(|p| p.primes.first())
            .map(|p| bits(*p)),
        plaintext_bits: plan.and_then(|p| p.plaintext_moduli.first()).map(|t| bits(*t)),
        ..SchemeRequest::default()
    }
}

/// Parameters of TFHE.
fn table_parameters(ui: &mut Ui, choice: &mut SchemeRequest) {
    pair(
        ui,
        (
            "Degree N",
            "Degree of the polynomials of a bootstrapping; larger gives finer tables, slower",
        ),
        |ui| {
            let shown = choice.ring_degree.map_or("Auto".to_owned(), |n| n.to_string());
            ComboBox::from_id_salt("Polynomial size")
                .selected_text(shown)
                .width(PAIR_FIRST)
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut choice.ring_degree, None, "Auto");
                    for n in TABLE_DEGREES {
                        ui.selectable_value(&mut choice.ring_degree, Some(*n), n.to_string());
                    }
                })
                .response
        },
        (
            "Dimension n",
            "Dimension of the ciphertexts that are bootstrapped; larger is less noisy, slower",
        ),
        |ui| number_or(ui, &mut choice.lwe_dimension, LWE_DIMENSIONS, 700, "Auto"),
    );
    past_budget(ui, choice);
}

fn sliders(ui: &mut Ui, choice: &mut SchemeRequest, is_real: bool, plan: Option<&Plan>) {
    let [exact_powers, real_powers] = RING_POWERS;
    let [exact_counts, real_counts] = PRIME_COUNTS;
    let powers = if is_real { real_powers } else { exact_powers };
    let counts = if is_real { real_counts } else { exact_counts };
    let planned = plan.map_or(13, |plan| plan.ring_degree.max(2).ilog2());
    let mut power = choice.ring_degree.map(|n| n.max(2).ilog2());
    let about = "N: slots of a ciphertext; larger is more secure and slower";
    slider_or(ui, ("Ring degree", about), &mut power, powers, planned, |slider| {
        let read = |text: &str| text.trim().parse::<u64>().ok().map(|n| n.max(1).ilog2().into());
        slider.custom_formatter(|power, _| 2_f64.powf(power).to_string()).custom_parser(read)
    });
    choice.ring_degree = power.map(|power| 1 << power);
    let usual = plan.map_or(4, |plan| plan.primes.len());
    let about =
        "Number of primes in the ciphertext modulus q: more carry more noise, or more levels";
    slider_or(ui, ("Primes", about), &mut choice.prime_count, counts, usual, |slider| slider);
    let about = "Bits of each prime";
    slider_or(ui, ("Prime bits", about), &mut choice.prime_bits, PRIME_BITS, 45, |slider| slider);
    if is_real {
        let about = "Bits of precision that outputs must have; automatic, what leaves the answers as they are";
        let bits = &mut choice.precision_bits;
        slider_or(ui, ("Precision", about), bits, PRECISION_BITS, 10, |slider| slider);
    } else {
        let usual = plan.and_then(|p| p.plaintext_moduli.first()).map_or(20, |t| bits(*t));
        let about =
            "Bits of the plaintext modulus t: more hold larger integers, and leave less for noise";
        let bits = &mut choice.plaintext_bits;
        slider_or(ui, ("t bits", about), bits, PLAINTEXT_BITS, usual, |slider| slider);
        let grid = "The model's own grid when both are automatic";
        pair(
            ui,
            ("Input bits", grid),
            |ui| number_or(ui, &mut choice.input_bits, QUANTISER_BITS, 4, "Auto"),
            ("Weight bits", grid),
            |ui| number_or(ui, &mut choice.weight_bits, QUANTISER_BITS, 5, "Auto"),
        );
    }
    past_budget(ui, choice);
}

fn past_budget(ui: &mut Ui, choice: &mut SchemeRequest) {
    let t = theme::tokens(ui);
    ui.checkbox(&mut choice.past_budget, "Run past the noise budget").on_hover_text(
        "Runs even when the predicted margin says that decryption will fail, to see it fail. Security is still checked.",
    );
    if choice.past_budget {
        let text = egui::RichText::new("Answers may decrypt wrongly").font(theme::small());
        ui.label(text.color(t.notice));
    }
}

fn bits(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}
