//! The strip as it is drawn.

use crate::boxes::{Boxes, HEIGHT, WORDS};
use crate::figures::Figure;
use crate::layer;
use crate::line::Line;
use crate::look::Look;
use crate::model::{Place, Strip};
use crate::perspective::Perspective;
use crate::pipe::thickness;
use crate::text;
use egui::{Align2, Pos2, Rect, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};
use kit::theme::{self, Tokens};

const MARGIN: i8 = 6;
/// Between boxes and figures.
const BETWEEN: f32 = 4.0;
/// Length of an arrow, and half its height.
const ARROW: f32 = 7.0;
/// Between the strip and the card of a layer.
const MARGIN_UNDER: f32 = 4.0;
/// Below boxes that scroll sideways, for the bar.
const SCROLL_BAR: f32 = 8.0;

/// What a person did with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// The stage whose box is under the pointer.
    pub hovered: Option<usize>,
    /// The layer that was clicked.
    pub clicked: Option<String>,
    pub chosen: Option<Perspective>,
    /// Under the strip, at the box of the layer whose card is open.
    pub card_at: Option<Pos2>,
}

/// Draws the strip.
pub fn show(ui: &mut Ui, strip: &Strip, figures: &[Figure], look: Look<'_>) -> Told {
    let mut told = Told::default();
    let card = theme::card(ui).inner_margin(MARGIN).show(ui, |ui| {
        let room = ui.available_width();
        ui.set_min_width(room);
        ui.spacing_mut().item_spacing.y = BETWEEN;
        let layers = if look.eyes.has_layers() { strip.layers.len() } else { 1 };
        let wide = Boxes::new(Pos2::ZERO, room, layers).width;
        let scrolls = wide > room;
        let height = HEIGHT + if scrolls { SCROLL_BAR } else { 0.0 };
        ScrollArea::horizontal().id_salt("strip").max_height(height).show(ui, |ui| {
            ui.multiply_opacity(look.opacity);
            let (rect, _) = ui.allocate_exact_size(vec2(wide, height), Sense::hover());
            places(ui, strip, &Boxes::new(rect.min, room, layers), look, &mut told);
        });
        let line = Line::new(ui, figures, room);
        let (rect, _) = ui.allocate_exact_size(vec2(room, line.height), Sense::hover());
        told.chosen = line.show(ui, rect, figures, look.eyes, look.opacity);
    });
    if let Some(at) = &mut told.card_at {
        at.y = card.response.rect.bottom() + MARGIN_UNDER;
    }
    told
}

fn places(ui: &mut Ui, strip: &Strip, boxes: &Boxes, look: Look<'_>, told: &mut Told) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    painter.rect(
        boxes.server,
        theme::ROUNDING,
        t.well,
        Stroke::new(1.0, t.line),
        StrokeKind::Inside,
    );
    let word = |at: Pos2, align: Align2, text: &str| {
        painter.text(at, align, text, theme::small(), t.text_weak);
    };
    let top = boxes.server.top() + 1.0;
    word(pos2(boxes.input.left(), top), Align2::LEFT_TOP, "CLIENT (key)");
    word(pos2(boxes.server.left() + 8.0, top), Align2::LEFT_TOP, "SERVER (no key)");
    word(pos2(boxes.output.right(), top), Align2::RIGHT_TOP, "CLIENT (key)");
    pipes(ui, strip, boxes, look, t);
    client(ui, strip, boxes.input, Place::Input, look, told);
    client(ui, strip, boxes.output, Place::Output, look, told);
    if !look.eyes.has_layers() {
        return closed(ui, strip, boxes);
    }
    for (i, (layer, rect)) in strip.layers.iter().zip(&boxes.layers).enumerate() {
        let response = layer::show(ui, strip, i, *rect, look);
        if response.hovered() {
            told.hovered = Some(layer.stages.start);
        }
        if response.clicked() {
            told.clicked = Some(layer.name.clone());
        }
        if look.opened == Some(layer.name.as_str()) {
            told.card_at = Some(rect.left_bottom());
        }
    }
}

/// The pipes between boxes, and the sizes on those that cross.
fn pipes(ui: &Ui, strip: &Strip, boxes: &Boxes, look: Look<'_>, t: &Tokens) {
    let painter = ui.painter();
    let strength = if strip.is_predicted { 0.5 } else { 0.85 };
    let colour = t.encrypted.gamma_multiply(strength);
    let y = boxes.input.center().y;
    let pipe = |from: f32, to: f32, bytes: Option<u64>| {
        let thick = thickness(bytes.unwrap_or_default());
        let rect = Rect::from_min_max(pos2(from, y - thick / 2.0), pos2(to, y + thick / 2.0));
        painter.rect_filled(rect, 1, colour);
    };
    // Where ciphertexts change hands.
    let arrow = |x: f32| {
        let points = vec![pos2(x, y - ARROW), pos2(x + ARROW, y), pos2(x, y + ARROW)];
        painter.add(Shape::convex_polygon(points, t.encrypted, Stroke::NONE));
    };
    let first = boxes.layers.first().map_or(boxes.server.left(), |r| r.left());
    let last = boxes.layers.last().map_or(boxes.server.right(), |r| r.right());
    pipe(boxes.input.right(), boxes.server.left(), strip.upload);
    pipe(boxes.server.right(), boxes.output.left(), strip.download);
    if look.eyes.has_layers() {
        pipe(boxes.server.left(), first, strip.input_bytes);
        for (i, pair) in boxes.layers.windows(2).enumerate() {
            if let [a, b] = pair {
                pipe(a.right(), b.left(), strip.bytes_before(i + 1));
            }
        }
        pipe(last, boxes.server.right(), strip.bytes_before(strip.layers.len()));
    } else {
        pipe(boxes.server.left(), boxes.server.right(), strip.download);
    }
    arrow(boxes.server.left() - ARROW / 2.0);
    arrow(boxes.output.left() - ARROW);
    let size = |from: f32, to: f32, bytes: Option<u64>| {
        let Some(bytes) = bytes else { return };
        let at = pos2((from + to) / 2.0, y - thickness(bytes) / 2.0 - 2.0);
        let text = text::cut(ui, &format::bytes(bytes), theme::small(), t.text, to - from - 2.0);
        let place = Align2::CENTER_BOTTOM.anchor_size(at, text.size());
        painter.galley(place.min, text, t.text);
    };
    size(boxes.input.right(), boxes.server.left(), strip.upload);
    size(boxes.server.right(), boxes.output.left(), strip.download);
}

/// A box of the client: what goes in, or what comes back.
fn client(ui: &Ui, strip: &Strip, rect: Rect, place: Place, look: Look<'_>, told: &mut Told) {
    let t = theme::tokens(ui);
    let sealed = !look.eyes.has_key();
    let is_input = place == Place::Input;
    let name = if is_input { "input" } else { "answers" };
    let wrong = strip.is_wrong && !is_input && !sealed;
    let (under, colour) = match (is_input, &strip.accuracy) {
        _ if sealed => ("sealed".to_owned(), t.text_weak),
        (true, _) => (strip.input.clone(), t.text_weak),
        (false, _) if wrong => ("✗ none".to_owned(), t.wrong),
        (false, Some(accuracy)) => (accuracy.clone(), t.encrypted),
        (false, None) => (strip.output.clone(), t.text_weak),
    };
    let marked = is_input && look.hovered.is_some_and(|h| strip.input_stages.contains(&h));
    let running = strip.running == Some(place);
    layer::frame(ui, rect, layer::Mark { hovered: marked, running, wrong, ..Default::default() });
    let strong = if sealed { t.text_weak } else { t.text_strong };
    text::two_lines(ui, rect, (name, strong), (&under, colour), 0.0);
    let response = ui.interact(rect, ui.scope_id().with(("client", is_input)), Sense::hover());
    if is_input && response.hovered() && !strip.input_stages.is_empty() {
        told.hovered = Some(strip.input_stages.start);
    }
    let (what, about) = match (is_input, sealed) {
        (true, false) => (
            format!("Client sends: {}, {}", strip.input, samples(strip)),
            format!(
                "The client encrypts its samples with a key that it keeps. Only ciphertexts leave it.{}",
                sent(strip)
            ),
        ),
        (true, true) => (
            "Client sends: sealed".to_owned(),
            format!(
                "The server gets ciphertexts, and sees of the samples only how many values they have.{}",
                sent(strip)
            ),
        ),
        (false, false) => (
            format!("Client gets: {}, {under}", strip.output),
            "The client decrypts the numbers of each sample; the largest one is the class"
                .to_owned(),
        ),
        (false, true) => (
            "Client gets: sealed".to_owned(),
            "The server sends ciphertexts back and does not learn the answers".to_owned(),
        ),
    };
    response.clone().on_hover_text(about);
    kit::named(response, egui::Role::Label, &what);
}

/// What goes up, and what becomes of it.
fn sent(strip: &Strip) -> String {
    let Some((up, held)) = strip.upload.zip(strip.input_bytes) else { return String::new() };
    let (up, held) = (format::bytes(up), format::bytes(held));
    format!(" {up} go up for all samples; in the memory of the server one batch takes {held}.")
}

fn samples(strip: &Strip) -> String {
    match strip.samples {
        Some(1) => "1 sample".to_owned(),
        Some(n) => format!("{} samples", format::count(n as u64)),
        None => "no samples yet".to_owned(),
    }
}

/// The server as the client sees it.
fn closed(ui: &Ui, strip: &Strip, boxes: &Boxes) {
    let t = theme::tokens(ui);
    let mut rect = boxes.server.shrink2(vec2(14.0, 5.0));
    rect.min.y = boxes.server.top() + WORDS;
    let running = matches!(strip.running, Some(Place::Layer(_)));
    layer::frame(ui, rect, layer::Mark { running, ..Default::default() });
    let name = ("the server's model", t.text_strong);
    let under = ("closed: the client does not see its layers", t.text_weak);
    text::two_lines(ui, rect, name, under, 0.0);
    let response = ui.interact(rect, ui.scope_id().with("closed"), Sense::hover());
    let about = "The model stays at the server. The client learns the answers to its own samples, and how long they took";
    response.clone().on_hover_text(about);
    kit::named(response, egui::Role::Label, "The server's model");
}
