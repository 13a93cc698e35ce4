//! Where the time goes, what passes between the roles, and the range of the discrete logarithms.

use egui::{Align2, Rect, RichText, Sense, Ui, pos2, vec2};
use kit::theme;
use view::CryptonnView;

const ROW: f32 = 17.0;
const NAME: f32 = 108.0;
const VALUE: f32 = 62.0;

/// Draws both.
pub fn phases(ui: &mut Ui, view: &CryptonnView) {
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        kit::heading(ui, "Time");
        bars(ui, view);
    });
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        kit::heading(ui, "Between the roles");
        figures(ui, view);
    });
}

fn bars(ui: &mut Ui, view: &CryptonnView) {
    let t = theme::tokens(ui);
    let p = &view.phases;
    let rows = [
        (
            "Encryption",
            p.encryption,
            t.encrypted,
            "The clients encrypt inputs and labels, each once",
        ),
        (
            "Keys",
            p.keys,
            t.encrypted,
            "The authority derives a key for every row the server asks for",
        ),
        (
            "Inner products",
            p.inner_products,
            t.encrypted,
            "The server combines ciphertexts with its rows, in the exponent",
        ),
        (
            "Discrete logs",
            p.discrete_logs,
            t.encrypted,
            "The server finds the integers behind group elements in a table",
        ),
        ("Plaintext part", p.plaintext, t.series(3), "Everything the server computes in the clear"),
    ];
    let total: f64 = rows.iter().map(|r| r.1).sum();
    let most = rows.iter().map(|r| r.1).fold(1e-9, f64::max);
    for (name, secs, colour, about) in rows {
        let size = vec2(ui.available_width(), ROW);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let share = secs / total.max(1e-9);
        response.on_hover_text(format!("{about}; {} of the time so far", format::percent(share)));
        let painter = ui.painter_at(rect);
        let middle = rect.center().y;
        let font = theme::small();
        painter.text(
            pos2(rect.left(), middle),
            Align2::LEFT_CENTER,
            name,
            font.clone(),
            t.text_weak,
        );
        let text = if total > 0.0 { format::secs(secs) } else { "—".to_owned() };
        painter.text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, text, font, t.text_strong);
        let from = rect.left() + NAME;
        let width = (rect.right() - VALUE - from).max(0.0) * (secs / most) as f32;
        let bar = Rect::from_min_max(pos2(from, middle - 4.0), pos2(from + width, middle + 4.0));
        painter.rect_filled(bar, 2, colour);
    }
}

fn figures(ui: &mut Ui, view: &CryptonnView) {
    let t = theme::tokens(ui);
    let dlog = &view.dlog;
    let used = dlog.largest as f64 / dlog.bound.max(1) as f64;
    let p = &view.phases;
    let online = p.keys + p.inner_products + p.discrete_logs + p.plaintext;
    let dash = || "—".to_owned();
    let any = view.step > 0;
    let rows = [
        (
            "Mini-batch",
            if any { format::secs(online / view.step as f64) } else { dash() },
            "Seconds for one step, forward and backward, without the encryption done once",
        ),
        (
            "Ciphertexts",
            format::bytes(view.traffic.ciphertext_bytes),
            "Sent by the clients: inputs for both directions, and labels",
        ),
        (
            "Keys",
            format!(
                "{} in {}",
                format::count(view.traffic.key_requests),
                format::bytes(view.traffic.key_bytes)
            ),
            "Rows the server asked keys for, and the bytes of requests and keys",
        ),
        (
            "Log range",
            if any {
                format!("{} of ±{}", format::percent(used), format::count(dlog.bound))
            } else {
                dash()
            },
            "Largest decrypted value so far, as a share of the bound the table of discrete logarithms was made for; a value outside would be reported, never guessed",
        ),
        (
            "Log table",
            format::bytes(dlog.table_bytes),
            "Baby steps of the discrete logarithm, shared by all threads",
        ),
        (
            "Same integers",
            match view.epochs.last() {
                Some(epoch) if epoch.fixed_point_identical => "all identical".to_owned(),
                Some(_) => "✗ they differ".to_owned(),
                None => dash(),
            },
            "Whether every integer of the encrypted training equals that of the plaintext training in fixed point",
        ),
    ];
    ui.spacing_mut().interact_size.y = ROW;
    egui::Grid::new("cryptonn figures").num_columns(2).spacing([10.0, 2.0]).show(ui, |ui| {
        for (name, value, about) in rows {
            ui.label(RichText::new(name).font(theme::small()).color(t.text_weak))
                .on_hover_text(about);
            let colour = if value.starts_with('✗') { t.wrong } else { t.text_strong };
            let text = RichText::new(value).size(12.0).color(colour);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(about);
            ui.end_row();
        }
    });
}
