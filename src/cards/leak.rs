//! Figures of the attacks, and what they mean in plain words.

use data::Dataset;
use egui::{Color32, Label, RichText, Ui};
use kit::theme;
use view::{Attack, LeakView};

/// How a figure of an attack is written.
type Figure = fn(&Attack) -> String;

/// Height of a line of figures.
const LINE: f32 = 16.0;

/// Draws the figures of what was reconstructed; `dataset` has the true labels.
pub fn leak_figures(ui: &mut Ui, view: &LeakView, dataset: Option<&Dataset>) {
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        kit::heading(ui, "What it got");
        if let Some(reason) = &view.failure {
            ui.add(Label::new(RichText::new(reason).font(theme::small()).color(t.notice)).wrap());
        }
        let mitigated = view.choice.settings.is_mitigated();
        let columns = 2 + usize::from(mitigated);
        ui.spacing_mut().interact_size.y = LINE;
        let grid = egui::Grid::new("leak figures").num_columns(columns).spacing([10.0, 2.0]);
        grid.min_col_width(66.0).show(ui, |ui| {
            let small = |text: &str, colour| RichText::new(text).font(theme::small()).color(colour);
            ui.label("");
            ui.label(small("all seen", t.series(1)));
            if mitigated {
                ui.label(small("seen less", t.series(0)));
            }
            ui.end_row();
            let about_error = "Mean squared error of an input, in units of its range squared";
            let pool = view.data.as_ref().map_or(1, |(_, p)| p.indices.len());
            let about_identified = format!(
                "Reconstructions nearer to their own sample than to any other of {}; by chance {}",
                format::count(pool as u64),
                format::percent(1.0 / pool.max(1) as f64)
            );
            let about_known = "Independent equations by unknown inputs";
            let about_certain = "Samples that the server knows, and knows that it knows: rounded, they meet every equation exactly while nothing is left open";
            let rows: [(&str, &str, Figure); 4] = [
                ("Error", about_error, |a| format!("{:.4}", a.score.mean_squared_error)),
                ("Identified", &about_identified, |a| format::percent(a.score.identified)),
                ("Determined", about_known, |a| format::percent(a.score.known_share)),
                ("Certain", about_certain, |a| format::percent(a.score.certain)),
            ];
            for (name, about, value) in rows {
                ui.label(small(name, t.text_weak)).on_hover_text(about);
                figure(ui, &view.open, value, t.series(1), about);
                if mitigated {
                    figure(ui, &view.limited, value, t.series(0), about);
                }
                ui.end_row();
            }
        });
        let right = dataset.map(|dataset| {
            let truth = &dataset.train().labels;
            view.labels.right(|s| truth.get(s).copied())
        });
        let count = view.labels.recovered.len();
        if let Some(right) = right.filter(|_| count > 0) {
            let text = format!(
                "Labels read off: {}, {} of them right",
                format::count(count as u64),
                format::percent(right)
            );
            kit::caption(ui, &text);
        }
    });
}

fn figure(ui: &mut Ui, attack: &Attack, value: Figure, colour: Color32, about: &str) {
    let text = if attack.found.is_some() { value(attack) } else { "—".to_owned() };
    ui.label(RichText::new(text).size(12.0).color(colour)).on_hover_text(about);
}

/// What the figures mean.
pub fn leak_words(ui: &mut Ui, view: &LeakView) {
    let t = theme::tokens(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 6.0;
        kit::heading(ui, "In plain words");
        for text in paragraphs(view) {
            ui.add(Label::new(RichText::new(text).size(12.0).color(t.text)).wrap());
        }
    });
}

fn paragraphs(view: &LeakView) -> Vec<String> {
    let mut all = vec![
        "No ciphertext is broken here. Functional encryption hides the inputs and shows what keys are given for, and training asks for much: every weight row times every sample, in every step.".to_owned(),
    ];
    if let Some(found) = &view.open.found {
        let inputs = found.values.len() / found.samples.len().max(1);
        let windows = view.data.as_ref().map_or(1, |(v, _)| v.encoding.windows.len().max(1));
        let (products, gradients) = (found.rows.0 * windows, found.rows.1);
        let uses = if found.uses == 1 { "one use".into() } else { format!("{} uses", found.uses) };
        let sums = if gradients > 0 {
            let count = format::count(gradients as u64);
            format!(", and {count} sums of each input over the mini-batch")
        } else {
            String::new()
        };
        all.push(format!(
            "After {uses} of this mini-batch the server holds {} values about each sample's {} inputs{sums}. These are linear equations: {} of what determines every input.",
            format::count(products as u64),
            format::count(inputs as u64),
            format::percent(found.known_share),
        ));
        if gradients == 0 && products > 0 {
            all.push(format!(
                "Each sample is attacked by itself here: {} equations for {} unknowns in each use, and the range the inputs are known to have. Published in 2025 for other networks, this recovered inputs from a single sample; what it gives here is above.",
                format::count((products / found.uses.max(1)) as u64),
                format::count(inputs as u64),
            ));
        }
        all.push(verdict(&view.open));
        if view.data.as_ref().is_some_and(|(v, _)| v.encoding.noise > 0.0) {
            all.push("The clients added noise before they encrypted. Shown as true is what was there before it; everything the server decrypts is about the noisy inputs, and the noise is an error that stays however much it sees. It does not hide which sample it was until it is as large as samples differ.".to_owned());
        }
    }
    if let Some(found) = view.limited.found.as_ref().filter(|_| !view.pending) {
        let score = &view.limited.score;
        let text = if score.identified < 0.05 && found.uses > 0 {
            "Had it seen less, hardly a sample could be told from the others."
        } else if score.identified < 0.5 {
            "Had it seen less, most pictures would be lost, but some samples could still be told from all others: a blur is a fingerprint too."
        } else {
            "Had it seen so much less, most samples could still be told from all others."
        };
        all.push(format!(
            "{text} What a limit, fewer units or noise cost the network is in the table of mitigations."
        ));
    }
    all.push("Labels are never hidden: the server knows its output A and decrypts A − Y. Clients can only permute what the classes are called.".to_owned());
    all
}

fn verdict(attack: &Attack) -> String {
    let score = &attack.score;
    if score.certain >= 1.0 {
        "Rounded to the grid of the encoding the answer meets every equation exactly: the server has the samples, and knows that it has.".to_owned()
    } else if score.mean_squared_error < 1e-4 {
        "The known range of the inputs settles what the equations leave open: the samples are recovered.".to_owned()
    } else if score.identified > 0.5 {
        "That is not yet every input, but enough to tell most samples from all others.".to_owned()
    } else {
        "That is not enough yet for most samples; the next use of the mini-batch adds as many equations again.".to_owned()
    }
}
