//! The card of a ciphertext: its words as a picture and as numbers, its size, and what it decrypts to.

use super::ciphertext::{Ciphertext, CiphertextEdit};
use super::hatching::hatched;
use data::Shape;
use egui::{Label, RichText, Sense, Ui, vec2};
use inference::SeenValue;
use kit::theme;

/// Words on a side of the picture.
const SIDE: usize = 64;
/// Words that are written out.
const WRITTEN: usize = 8;
/// Words in a line.
const IN_LINE: usize = 2;
/// Side of the picture, points, at most.
const MOST_SIDE: f32 = 220.0;
/// Bytes of a value as data have it.
const PLAIN_BYTES: u64 = 4;

/// Who looks, and at whose values.
#[derive(Clone, Copy, Debug)]
pub struct Eyes<'a> {
    /// Whether they have the key; else nothing that it opens is shown.
    pub has_key: bool,
    /// What a value is called: `pixel 3, 4`, or the name of a feature.
    pub value: &'a str,
}

/// Draws the card over the width that there is; what a person does.
pub fn ciphertext_card(ui: &mut Ui, view: &Ciphertext, eyes: Eyes) -> Option<CiphertextEdit> {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    kit::heading(ui, "The ciphertext itself");
    if let Some(failure) = &view.failure {
        ui.add(Label::new(RichText::new(failure).color(t.notice)).wrap());
        return None;
    }
    let Some(seen) = &view.seen else {
        let text =
            if view.pending { "Encrypting…" } else { "A value of the sample, once there is one" };
        ui.label(RichText::new(text).color(t.text_weak));
        return None;
    };
    if view.pending {
        ui.multiply_opacity(theme::STALE);
    }
    let small = |text: String| RichText::new(text).font(theme::small()).color(t.text);
    let wrapped = |ui: &mut Ui, text: RichText| _ = ui.add(Label::new(text).wrap());
    if eyes.has_key {
        let what = format!("{}: {}", eyes.value, seen.raw);
        wrapped(ui, RichText::new(what).color(t.text_strong));
    } else {
        wrapped(
            ui,
            RichText::new("A value of a sample, as the server has it").color(t.text_strong),
        );
    }
    words(ui, seen);
    wrapped(ui, small(first_words(seen)).monospace());
    wrapped(ui, small(size(seen)));
    let mut told = None;
    ui.horizontal_wrapped(|ui| {
        let again = ui.add_enabled(!view.pending, egui::Button::new("Encrypt again"));
        kit::highlight::seen(ui.ctx(), "Encrypt again", again.rect, again.interact_rect);
        if again.on_hover_text("The same value with new randomness").clicked() {
            told = Some(CiphertextEdit::Again);
        }
        if !eyes.has_key {
            return;
        }
        let text = if view.flipped { "Unflip the bit" } else { "Flip one bit" };
        let flip = ui.add_enabled(!view.pending, egui::Button::new(text));
        kit::highlight::seen(ui.ctx(), "Flip one bit", flip.rect, flip.interact_rect);
        let about = "Changes one bit of the message on its way. Every message carries a digest, by which such a change is refused; here the digest is made anew, as an attacker would";
        if flip.on_hover_text(about).clicked() {
            told = Some(CiphertextEdit::Flip(!view.flipped));
        }
    });
    if eyes.has_key {
        decrypted(ui, view, seen);
    } else {
        wrapped(
            ui,
            small(
                "What is in it the server cannot tell: without the key all dots look random."
                    .into(),
            ),
        );
    }
    told
}

/// The words of the first polynomial, a dot each, grey by size.
fn words(ui: &mut Ui, seen: &SeenValue) {
    let words = &seen.looked.words;
    let columns = SIDE.min(words.len()).max(1);
    let rows = words.len().div_ceil(columns).min(SIDE);
    let values: Vec<f64> = words.iter().take(columns * rows).map(|word| *word as f64).collect();
    let side = ui.available_width().min(MOST_SIDE);
    let size = vec2(side, side * rows as f32 / columns as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let name = format!("Ciphertext: {} of {} words", values.len(), words.len());
    kit::named(response, egui::Role::Image, &name).on_hover_text(format!(
        "The first {} of {} words: grey from 0, black, to {}, white",
        format::count(values.len() as u64),
        format::count(words.len() as u64),
        seen.looked.bound
    ));
    ui.painter().rect_filled(rect, 0, theme::tokens(ui).well);
    let shape = Shape::Image { channels: 1, height: rows, width: columns };
    kit::pixels::paint(ui, rect, shape, &values, (0.0, seen.looked.bound as f64));
}

fn first_words(seen: &SeenValue) -> String {
    let digits = (seen.looked.bound.max(2) - 1).ilog2() as usize / 4 + 1;
    let first = seen.looked.words.iter().take(WRITTEN);
    let words: Vec<String> = first.map(|word| format!("{word:0digits$x}")).collect();
    let lines: Vec<String> = words.chunks(IN_LINE).map(|line| line.join(" ")).collect();
    lines.join("\n") + " …"
}

/// How large it is, beside the value.
fn size(seen: &SeenValue) -> String {
    let bytes = seen.looked.bytes;
    let plain = PLAIN_BYTES * seen.samples as u64;
    let of = match seen.samples {
        1 => "one value of one sample".to_owned(),
        samples => format!("one value of {} samples", format::count(samples as u64)),
    };
    format!(
        "{} under {} for {of}: {} times the {} that they take in the clear",
        format::bytes(bytes),
        seen.scheme,
        format::count((bytes as f64 / plain.max(1) as f64).round() as u64),
        format::bytes(plain)
    )
}

/// What it decrypts to, as it came and after a bit was flipped.
fn decrypted(ui: &mut Ui, view: &Ciphertext, seen: &SeenValue) {
    let t = theme::tokens(ui);
    let line = |ui: &mut Ui, text: String, colour| {
        ui.add(Label::new(RichText::new(text).color(colour)).wrap());
    };
    let encoded = number(seen.encoded);
    line(ui, format!("Encoded as {encoded}, decrypts to {}", number(seen.decrypted)), t.encrypted);
    if view.times > 1 && !view.flipped {
        let text = format!(
            "Encrypted {} times: every dot is another one each time, and the value is the same",
            format::count(view.times as u64)
        );
        ui.add(Label::new(RichText::new(text).font(theme::small()).color(t.text_weak)).wrap());
    }
    if view.flipped {
        let flipped = &seen.looked.flipped;
        let size = vec2(ui.available_width(), 10.0);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        hatched(ui.painter(), rect, t.wrong);
        let text = format!(
            "✗ Not an answer: with bit {} of {} flipped it decrypts to {}, off by {}",
            format::count(flipped.bit as u64 + 1),
            format::count(flipped.bits as u64),
            number(seen.garbage),
            number((seen.garbage - seen.encoded).abs())
        );
        line(ui, text, t.wrong);
    }
}

/// A number as it is, where it is short.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e7 {
        return format!("{value}");
    }
    if value.abs() < 1e6 { format!("{value:.6}") } else { format!("{value:.3e}") }
}
