//! Buttons that read the data of the setup with another option.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use egui::Ui;
use scenario::Scenario;
use view::with_option;

/// A button that reads the data again with `option`, as in `?header=no`.
pub fn button(ui: &mut Ui, option: &str, state: &State, queue: &mut Queue) {
    let dataset = with_option(&state.scenario.dataset, option);
    let button = ui.small_button(format!("Read with {option}"));
    if button.on_hover_text(format!("Reads {dataset}")).clicked() {
        queue.push(Action::Edit(Box::new(Scenario { dataset, ..state.scenario.clone() })));
    }
}
