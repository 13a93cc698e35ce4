//! A column of controls, and what stands beside it.

use crate::theme;
use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};

/// Less room than this beside the column: what stands there goes under it.
const LEAST: f32 = 300.0;

/// A scrolling column of cards on the left and something beside it; where the window is narrow, one under
/// the other on a page that scrolls.
pub struct Beside {
    pub id: &'static str,
    /// Width of the column.
    pub width: f32,
    /// Height that what stands beside it takes at least.
    pub tall: f32,
}

impl Beside {
    /// Draws both; `with` is handed to either.
    pub fn show<T>(
        &self,
        ui: &mut Ui,
        with: &mut T,
        column: impl FnOnce(&mut Ui, &mut T),
        rest: impl FnOnce(&mut Ui, &mut T),
    ) {
        let all = ui.available_rect_before_wrap();
        let gap = theme::CARD_GAP;
        let page = ScrollArea::vertical().id_salt(self.id).auto_shrink([false, false]);
        if all.width() < self.width + gap + LEAST {
            page.show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = gap;
                column(ui, with);
                let size = vec2(ui.available_width(), self.tall.max(all.height()));
                let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                rest(&mut ui.new_child(UiBuilder::new().max_rect(rect)), with);
            });
            return;
        }
        let beside = all.min.x + self.width;
        let left = UiBuilder::new().max_rect(all.with_max_x(beside));
        page.show(&mut ui.new_child(left), |ui| {
            ui.spacing_mut().item_spacing.y = gap;
            column(ui, with);
        });
        let place = Rect::from_min_max(egui::pos2(beside + gap, all.min.y), all.max);
        rest(&mut ui.new_child(UiBuilder::new().max_rect(place)), with);
    }
}
