//! What the program is, and what is private in it.

use crate::action::Action;
use crate::queue::Queue;
use crate::sheet::Sheet;
use crate::state::State;
use egui::{Context, Id, Modal, RichText, ScrollArea};
use kit::theme;

const PRIVATE: &[(&str, &str)] = &[
    (
        "What the server sees",
        "Ciphertexts, evaluation keys, and the model, which is its own: the model is not encrypted. It learns neither the inputs nor the answers.",
    ),
    (
        "What the client learns",
        "The outputs of the network for its own inputs, and what their noise tells: there is no circuit privacy. With enough questions it can learn much about the model.",
    ),
    (
        "Analysis mode",
        "To draw the noise margin, this window measures ciphertexts with the secret key. Such figures leak what the noise hides. The server of a run never holds the key, and exported reports carry the mark.",
    ),
    (
        "What the schemes promise",
        "Security against whoever only looks (IND-CPA), by the table named in the plan; functional encryption about 126 bits. Ciphertexts are not authenticated: a server that cheats is not noticed. Do not give decrypted results, or whether decryption worked, to anyone who can choose ciphertexts: that is a decryption oracle. Results of CKKS carry errors that lead to the key: show them to no one who knows the inputs (eprint 2020/1533); rare failures of the exact schemes tell as much (eprint 2024/116, 2024/127).",
    ),
    (
        "What is kept",
        "The last finished runs, with what every sample was answered, in the folder of the program's data on this computer: Kept runs… in the menu File lists and clears them.",
    ),
    (
        "Not a product",
        "A laboratory for looking and learning. It has not been audited; do not protect real patients with it.",
    ),
];

const LICENCES: &str = "CryptoScope is MIT or Apache-2.0. The number-theoretic transform is tfhe-ntt by Zama, BSD-3-Clause-Clear, which grants no patent rights: free for research and prototyping, commercial use needs Zama's licence. BFV is the fhe crate (MIT). The typeface is Inter (SIL Open Font License).";

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    if state.sheet != Some(Sheet::About) {
        return;
    }
    let modal = Modal::new(Id::unique("about")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        let t = theme::tokens(ui);
        ui.set_width((ctx.content_rect().width() * 0.8).min(600.0));
        ui.label(
            RichText::new(format!("CryptoScope {}", env!("CARGO_PKG_VERSION")))
                .font(theme::strong(18.0))
                .color(t.text_strong),
        );
        ui.label("See what encryption does to a neural network: plaintext and homomorphically encrypted inference, side by side.");
        ui.add_space(6.0);
        ScrollArea::vertical().max_height(ctx.content_rect().height() * 0.65).show(ui, |ui| {
            for (title, text) in PRIVATE {
                ui.label(RichText::new(*title).font(theme::heading()).color(t.text_strong));
                ui.add(egui::Label::new(*text).wrap());
                ui.add_space(4.0);
            }
            ui.label(RichText::new("Licences").font(theme::heading()).color(t.text_strong));
            ui.add(egui::Label::new(LICENCES).wrap());
        });
        ui.add_space(6.0);
        if ui.button("Close").clicked() {
            queue.push(Action::CloseSheet);
        }
    });
    if modal.should_close() {
        queue.push(Action::CloseSheet);
    }
}
