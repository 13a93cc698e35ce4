//! The plan of an encrypted training.

use egui::{RichText, Ui};
use kit::theme;
use training::CryptonnPlan;

/// Height of a line of figures.
const LINE: f32 = 16.0;

/// Draws the plan of a training of `wanted` epochs; `pending` while a newer one is made.
pub fn training_plan(ui: &mut Ui, plan: &CryptonnPlan, wanted: usize, pending: bool) {
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.horizontal(|ui| {
            kit::heading(ui, "Plan");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if pending {
                    kit::caption(ui, "updating");
                }
            });
        });
        figures(ui, plan, wanted);
    });
}

/// `wanted` are the epochs asked for.
fn figures(ui: &mut Ui, plan: &CryptonnPlan, wanted: usize) {
    let t = theme::tokens(ui);
    let count = |v: usize| format::count(v as u64);
    let secure = if plan.windows == 1 {
        format!("{} × {} dense", count(plan.vector_len), count(plan.units))
    } else {
        format!("{} filters on {} windows", count(plan.units), count(plan.windows))
    };
    let rows = [
        (
            "Schemes",
            "FEIP, FEBO on ristretto255".to_owned(),
            "Functional encryption: inner products with rows the server chooses, and differences; about 126 bits of security by discrete logarithms",
        ),
        (
            "First layer",
            secure,
            "What is computed on ciphertexts; everything after it the server computes in the clear",
        ),
        (
            "Steps",
            if plan.epochs < wanted {
                format!(
                    "{}: the limit leaves {} of {wanted} epochs",
                    count(plan.steps),
                    plan.epochs
                )
            } else {
                format!("{}, {} an epoch", count(plan.steps), count(plan.mini_batches))
            },
            "Mini-batches that weights are updated with",
        ),
        (
            "Log bound",
            format!("±{}", format::count(plan.log_bound)),
            "Largest decrypted value under the authority's policy; the search goes outwards from zero, and as far as the rows of the step can reach",
        ),
        (
            "Log table",
            format::bytes(plan.table_bytes),
            "Baby steps of the discrete logarithm, shared by all threads",
        ),
        (
            "Ciphertexts",
            format::bytes(plan.ciphertext_bytes),
            "Inputs for both directions, and labels: sent once where the server has room for them",
        ),
        (
            "A step",
            format!(
                "about {}, {} logarithms",
                format::secs(plan.step_secs),
                format::count(plan.logarithms)
            ),
            "Forward and backward, without the encryption done once; estimated",
        ),
        (
            "Time",
            format!(
                "about {}, {} to encrypt",
                format::secs(plan.total_secs()),
                format::secs(plan.encrypt_secs)
            ),
            "The whole encrypted training; estimated",
        ),
    ];
    ui.spacing_mut().interact_size.y = LINE;
    egui::Grid::new("cryptonn plan")
        .num_columns(2)
        .min_col_width(theme::FIELD_LABEL)
        .min_row_height(LINE)
        .spacing([8.0, 2.0])
        .show(ui, |ui| {
            for (name, value, about) in rows {
                let name = RichText::new(name).font(theme::small()).color(t.text_weak);
                ui.label(name).on_hover_text(about);
                let value = RichText::new(value).size(12.0).color(t.text_strong);
                ui.add(egui::Label::new(value).truncate()).on_hover_text(about);
                ui.end_row();
            }
        });
}
