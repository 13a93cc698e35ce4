//! Charts to the clipboard, where they stand: as a picture, as a drawing, as values.

use crate::chart::Chart;
use crate::svg::Figure;
use egui::{
    ColorImage, Context, Id, Popup, PopupAnchor, PopupKind, Pos2, Rect, SetOpenCommand, Ui, vec2,
};

/// Size of a drawing that is copied.
const PAGE: egui::Vec2 = vec2(640.0, 360.0);
/// How to copy: what it is called, and what that is for.
const WAYS: [(&str, &str, Way); 3] = [
    ("Copy image", "A picture of the plot as it is in the window", Way::Image),
    ("Copy SVG", "A drawing in print colours, for papers and slides", Way::Svg),
    ("Copy values as CSV", "Every point of every curve, for a spreadsheet", Way::Values),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Image,
    Svg,
    Values,
}

/// A plot whose picture is taken when its menu is closed, and of what.
#[derive(Clone)]
struct Picture {
    plot: Id,
    title: String,
}

fn picture() -> Id {
    Id::unique("plot to be pictured")
}

fn told() -> Id {
    Id::unique("what was copied")
}

/// What was copied, once, for whoever tells it.
pub fn copied(ctx: &Context) -> Option<String> {
    ctx.data_mut(|data| data.remove_temp(told()))
}

/// The menu of a chart in `rect`, which a click with the other button opens.
pub(crate) fn menu(ui: &Ui, rect: Rect, chart: &Chart<'_>, plot: Id) {
    let ctx = ui.ctx();
    take_picture(ctx, rect.intersect(ui.clip_rect()), plot);
    let pressed = ctx.input(|input| {
        let at = input.pointer.interact_pos().filter(|_| input.pointer.secondary_clicked());
        at.filter(|at| rect.intersect(ui.clip_rect()).contains(*at))
    });
    let pressed = pressed.filter(|at: &Pos2| ctx.layer_id_at(*at) == Some(ui.layer_id()));
    Popup::new(plot.with("copy"), ctx.clone(), PopupAnchor::Pointer, ui.layer_id())
        .kind(PopupKind::Menu)
        .layout(egui::Layout::top_down_justified(egui::Align::Min))
        .style(egui::containers::menu::menu_style)
        .open_memory(pressed.map(|_| SetOpenCommand::Bool(true)))
        .at_pointer_fixed()
        .show(|ui| buttons(ui, chart, plot));
}

/// The ways to copy a chart, a button each; of what has no curve, its picture alone.
pub(crate) fn buttons(ui: &mut Ui, chart: &Chart<'_>, plot: Id) {
    for (name, about, way) in WAYS {
        if way != Way::Image && !chart.has_values() {
            continue;
        }
        if ui.button(name).on_hover_text(about).clicked() {
            copy(ui.ctx(), chart, plot, way);
            ui.close();
        }
    }
}

fn copy(ctx: &Context, chart: &Chart<'_>, plot: Id, way: Way) {
    let title = chart.title.to_owned();
    let words = match way {
        Way::Image => {
            // Not yet: the menu is still over it.
            ctx.data_mut(|data| data.insert_temp(picture(), Picture { plot, title }));
            ctx.request_repaint();
            return;
        }
        Way::Svg => {
            ctx.copy_text(drawing(chart));
            "as SVG"
        }
        Way::Values => {
            ctx.copy_text(chart.csv());
            "as CSV"
        }
    };
    ctx.data_mut(|data| {
        data.insert_temp(told(), format!("Copied \u{201c}{title}\u{201d} {words}"))
    });
}

fn drawing(chart: &Chart<'_>) -> String {
    let chart = chart.printed();
    let place = Rect::from_min_size(Pos2::ZERO, PAGE);
    Figure { size: PAGE, charts: vec![(place, chart)], ..Figure::default() }.svg()
}

/// Asks the window for its image when the menu is gone, and copies what is in `rect` of it.
fn take_picture(ctx: &Context, rect: Rect, plot: Id) {
    let wanted = ctx.data(|data| data.get_temp::<Picture>(picture())).filter(|p| p.plot == plot);
    let Some(Picture { title, .. }) = wanted.filter(|_| !Popup::is_any_open(ctx)) else { return };
    ctx.data_mut(|data| data.remove::<Picture>(picture()));
    let (place, window) = (ctx.content_rect(), ctx.clone());
    ctx.request_screenshot(move |image| {
        let scale = image.width() as f32 / place.width().max(1.0);
        let part = part(&image, rect, scale);
        let told_words = match part {
            Some(part) => {
                window.copy_image(part);
                format!("Copied \u{201c}{title}\u{201d} as an image")
            }
            None => {
                format!("\u{201c}{title}\u{201d} is out of sight; scroll to it and copy it again")
            }
        };
        window.data_mut(|data| data.insert_temp(told(), told_words));
        window.request_repaint();
    });
}

/// What is in `rect`, in points, of an image with `scale` pixels a point.
fn part(image: &ColorImage, rect: Rect, scale: f32) -> Option<ColorImage> {
    let all = Rect::from_min_size(Pos2::ZERO, vec2(image.width() as f32, image.height() as f32));
    let pixels = Rect::from_min_max(
        (rect.min.to_vec2() * scale).floor().to_pos2(),
        (rect.max.to_vec2() * scale).ceil().to_pos2(),
    );
    let pixels = pixels.intersect(all);
    pixels.is_positive().then(|| image.region(&pixels, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Color32, pos2};

    #[test]
    fn a_part_of_an_image_is_cut_out_in_pixels() {
        let mut image = ColorImage::filled([40, 20], Color32::BLACK);
        image.pixels[10 * 40 + 20] = Color32::RED;
        let place = Rect::from_min_max(pos2(10.0, 5.0), pos2(12.0, 6.0));
        let found = part(&image, place, 2.0).unwrap();
        assert_eq!((found.size, found.pixels[0]), ([4, 2], Color32::RED));
        let beside = Rect::from_min_max(pos2(-9.0, 5.0), pos2(-1.0, 6.0));
        assert!(part(&image, beside, 2.0).is_none());
    }
}
