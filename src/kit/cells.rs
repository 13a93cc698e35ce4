//! What tables of figures share: titles that sort, words on the left and figures on the right.

use crate::{named, theme};
use egui::{Align, Label, Layout, RichText, Role, Sense, Ui};

/// A title that sorts by its column; `falling` says which way it does, `None` that it does not. What a
/// click asks for: falling, then rising, then in no order.
pub fn sort_title(
    ui: &mut Ui,
    name: &str,
    about: &str,
    falling: Option<bool>,
) -> Option<Option<bool>> {
    let arrow = match falling {
        Some(true) => " ▼",
        Some(false) => " ▲",
        None => "",
    };
    let colour = theme::tokens(ui).text_weak;
    let text = RichText::new(format!("{name}{arrow}")).font(theme::small()).color(colour);
    let response = ui.add(Label::new(text).sense(Sense::click()));
    let response = response.on_hover_text(format!("{about}; click to sort"));
    let clicked = named(response, Role::Button, &format!("Sort by {name}")).clicked();
    clicked.then_some(match falling {
        None => Some(true),
        Some(true) => Some(false),
        Some(false) => None,
    })
}

/// A cell: the first `words` columns hold words, on the left, the others figures, on the right.
pub fn aligned(ui: &mut Ui, column: usize, words: usize, add: impl FnOnce(&mut Ui)) {
    let layout = match column < words {
        true => Layout::left_to_right(Align::Center),
        false => Layout::right_to_left(Align::Center),
    };
    ui.with_layout(layout, add);
}
