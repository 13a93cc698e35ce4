//! The frame every plot stands in: title, legend, axes; inside it `egui_plot` draws the curves.

use crate::chart::{Chart, Curve, Mark, Pen};
use crate::copy;
use crate::term::question_mark;
use crate::theme;
use crate::ticks::Tick;
use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, Galley, Pos2, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};
use egui_plot::{HLine, Line, LineStyle, MarkerShape, Plot, PlotBounds, PlotPoints, Points, VLine};
use std::sync::Arc;

/// Where the inside of the plot came to lie.
pub struct Shown {
    pub inside: Rect,
    pub response: egui::Response,
}

const TITLE: f32 = 20.0;
/// Height of a legend on a line of its own, where the title leaves it no room.
const LEGEND: f32 = 15.0;
/// Length of a sample of a pen, and with the space before the name.
const SAMPLE: f32 = 17.0;
const BEFORE_NAME: f32 = 22.0;
/// Space between two entries of a legend, and between numbers of the horizontal axis.
const APART: f32 = 10.0;
const NUMBERS_APART: f32 = 5.0;
/// Narrower plots have no words inside.
const LEAST_WORDS: f32 = 84.0;
/// The question mark behind a title, with the air around it.
const MARK: f32 = 20.0;
const LEFT: f32 = 54.0;
const RIGHT: f32 = 10.0;
/// Space under a plot from which on the horizontal axis has numbers.
const NUMBERS: f32 = 16.0;

/// Width of what a chart in `rect` has inside its axes.
pub fn inside_width(rect: Rect) -> f32 {
    rect.width() - LEFT - RIGHT
}

impl Chart<'_> {
    /// Draws the chart into `rect`, leaving `bottom` points under the plot for the horizontal axis.
    pub fn show(mut self, ui: &mut Ui, rect: Rect, bottom: f32) -> Shown {
        let t = theme::tokens(ui);
        if self.empty.is_some() {
            // An axis of nothing has no numbers.
            self.across.clear();
        }
        ui.painter().rect(
            rect,
            theme::ROUNDING,
            t.surface,
            Stroke::new(1.0, t.line),
            egui::StrokeKind::Inside,
        );
        let plot = ui.scope_id().with((self.id, "plot"));
        copy::menu(ui, rect, &self, plot);
        let head = self.title(ui, rect, plot);
        let inside = Rect::from_min_max(
            rect.min + vec2(LEFT, head + 6.0),
            rect.max - vec2(RIGHT, bottom + 4.0),
        );
        let mut ticks = self.unit.ticks(self.y.0, self.y.1, inside.height());
        if self.empty.is_some() {
            ticks.clear();
        }
        self.left_axis(ui, inside, &ticks);
        if bottom >= NUMBERS {
            self.bottom_axis(ui, inside);
        }
        self.backdrop(ui, inside);
        let drawn_behind = self.span.is_some() || !self.bars.is_empty();
        let Self {
            id, x, y, curves, marks, across, reference, wrong, cursor, empty, verdict, ..
        } = self;
        let bar = f64::from(WHISKER / inside.width().max(1.0)) * (x.1 - x.0);
        let response = {
            let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inside));
            Plot::new(id)
                .show_axes(false)
                .show_grid(false)
                .allow_drag(false)
                .allow_zoom(false)
                .allow_scroll(false)
                .allow_boxed_zoom(false)
                .allow_double_click_reset(false)
                .show_x(false)
                .show_y(false)
                .show_crosshair(false)
                .show_background(!drawn_behind)
                .label_formatter(|_| None)
                .sense(Sense::hover())
                .width(inside.width())
                .height(inside.height())
                .show(&mut child, |plot| {
                    plot.set_plot_bounds(PlotBounds::from_min_max([x.0, y.0], [x.1, y.1]));
                    for tick in &ticks {
                        let colour = if tick.text.is_some() { t.grid } else { t.grid_minor };
                        plot.hline(
                            HLine::new("", tick.at).color(colour).width(1.0).allow_hover(false),
                        );
                    }
                    for (at, _) in &across {
                        plot.vline(VLine::new("", *at).color(t.grid).width(1.0).allow_hover(false));
                    }
                    if let Some((at, _)) = reference {
                        plot.hline(HLine::new("", at).color(t.text).width(1.2).allow_hover(false));
                    }
                    if let Some(at) = cursor {
                        plot.vline(
                            VLine::new("", at).color(t.cursor).width(1.0).allow_hover(false),
                        );
                    }
                    for curve in curves {
                        draw(plot, curve, bar);
                    }
                    if !marks.is_empty() {
                        plot.points(
                            Points::new("", PlotPoints::Owned(marks))
                                .color(t.text_strong)
                                .radius(theme::MARKER)
                                .allow_hover(false),
                        );
                    }
                    if !wrong.is_empty() {
                        plot.points(
                            Points::new("", PlotPoints::Owned(wrong))
                                .shape(MarkerShape::Cross)
                                .color(t.wrong)
                                .radius(theme::MARKER * 2.0)
                                .allow_hover(false),
                        );
                    }
                })
                .response
        };
        let painter = ui.painter_at(inside);
        if let Some((at, words)) = reference {
            let from_top = ((y.1 - at) / (y.1 - y.0)) as f32;
            let line = inside.top() + from_top * inside.height();
            let above = line - inside.top() > 18.0;
            let align = if above { Align2::LEFT_BOTTOM } else { Align2::LEFT_TOP };
            let by = if above { -2.0 } else { 2.0 };
            let words = painter.layout_no_wrap(words.to_owned(), theme::small(), t.text_weak);
            if words.size().x + 6.0 <= inside.width() {
                let place = align.anchor_size(pos2(inside.left() + 6.0, line + by), words.size());
                painter.galley(place.min, words, t.text_weak);
            }
        }
        if let Some(words) = verdict {
            let font = theme::strong(13.0);
            let galley = painter.layout(words.to_owned(), font, t.wrong, inside.width() - 24.0);
            let place = Align2::CENTER_CENTER.anchor_size(inside.center(), galley.size());
            painter.rect(
                place.expand2(vec2(8.0, 5.0)),
                4,
                t.wrong_fill,
                Stroke::new(1.0, t.wrong),
                egui::StrokeKind::Inside,
            );
            painter.galley(place.min, galley, t.wrong);
        } else if let Some(words) = empty.filter(|_| inside.width() >= LEAST_WORDS) {
            let galley = painter.layout(
                words.to_owned(),
                theme::small(),
                t.text_weak,
                inside.width() - 24.0,
            );
            let place = Align2::CENTER_CENTER.anchor_size(inside.center(), galley.size());
            painter.galley(place.min, galley, t.text_weak);
        }
        Shown { inside, response }
    }

    /// Draws title and legend; their height.
    fn title(&self, ui: &mut Ui, rect: Rect, plot: egui::Id) -> f32 {
        let t = theme::tokens(ui);
        let at = rect.min + vec2(10.0, 6.0);
        let painter = ui.painter_at(rect);
        let mut job =
            LayoutJob::simple_singleline(self.title.to_owned(), theme::heading(), t.text_strong);
        let mark = if self.about.is_empty() { 0.0 } else { MARK };
        job.wrap = TextWrapping::truncate_at_width(rect.right() - RIGHT - mark - at.x);
        let title = painter.layout_job(job);
        let title_rect = Rect::from_min_size(at, title.size());
        painter.galley(at, title, t.text_strong);
        let response = ui.interact(
            title_rect.expand(4.0),
            ui.scope_id().with((self.id, "title")),
            Sense::hover(),
        );
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Label, true, format!("{} plot", self.title))
        });
        response.on_hover_text(self.about);
        let mut title_rect = title_rect;
        if mark > 0.0 {
            let place = title_rect.right_center() + vec2(MARK * 0.6, 0.0);
            let id = ui.scope_id().with((self.id, "how to read"));
            question_mark(ui, place, id, self.title, |ui| {
                ui.add(egui::Label::new(self.about).wrap());
                ui.horizontal_wrapped(|ui| copy::buttons(ui, self, plot));
            });
            title_rect.max.x += MARK;
        }
        let named = self.curves.iter().filter(|c| !c.points.is_empty() && !c.name.is_empty());
        let entries: Vec<(&Curve, Arc<Galley>)> = named
            .map(|curve| {
                let name = curve.name.to_owned();
                (curve, painter.layout_no_wrap(name, theme::small(), t.text))
            })
            .collect();
        let width = |(_, name): &(&Curve, Arc<Galley>)| BEFORE_NAME + name.size().x + APART;
        let all: f32 = entries.iter().map(width).sum();
        let beside = rect.right() - RIGHT - all >= title_rect.right();
        // Under the title on as many lines as it takes.
        let line = rect.width() - RIGHT;
        let mut lines: Vec<(f32, Vec<_>)> = Vec::new();
        for entry in entries {
            let width = width(&entry);
            match lines.last_mut().filter(|(taken, _)| beside || taken + width <= line) {
                Some((taken, entries)) => {
                    *taken += width;
                    entries.push(entry);
                }
                None => lines.push((width, vec![entry])),
            }
        }
        let head = if beside { TITLE } else { TITLE + LEGEND * lines.len() as f32 };
        let first = if beside { at.y + 8.0 } else { at.y + 8.0 + LEGEND };
        for (row, (_, entries)) in lines.into_iter().enumerate() {
            let middle = first + LEGEND * row as f32;
            // Samples of the pens, right to left.
            let mut right = rect.right() - RIGHT;
            for (curve, name) in entries.into_iter().rev() {
                let left = right - name.size().x - BEFORE_NAME;
                let place = pos2(left + BEFORE_NAME, middle - name.size().y / 2.0);
                painter.galley(place, name, t.text);
                pen_sample(&painter, pos2(left, middle), curve);
                right = left - APART;
            }
        }
        head
    }

    /// What lies behind the curves: the stretch that counts, and bars.
    fn backdrop(&self, ui: &Ui, inside: Rect) {
        let t = theme::tokens(ui);
        let painter = ui.painter_at(inside);
        let place = |x: f64| {
            let share = ((x - self.x.0) / (self.x.1 - self.x.0)) as f32;
            inside.left() + share * inside.width()
        };
        if let Some((low, high)) = self.span {
            painter.rect_filled(inside, 0, t.surface);
            let span = Rect::from_x_y_ranges(place(low)..=place(high), inside.y_range());
            painter.rect_filled(span, 0, t.well);
            for x in [low, high] {
                painter.vline(place(x), inside.y_range(), Stroke::new(1.0, t.cursor));
            }
        }
        for [low, high, top] in &self.bars {
            let share = ((top - self.y.0) / (self.y.1 - self.y.0)) as f32;
            let bar = Rect::from_min_max(
                pos2(place(*low), inside.bottom() - share * inside.height()),
                pos2(place(*high), inside.bottom()),
            );
            painter.rect_filled(bar, 0, self.bar_colour);
        }
        if self.span.is_some() {
            let frame = Stroke::new(1.0, t.line);
            painter.rect_stroke(inside, 0, frame, egui::StrokeKind::Inside);
        }
    }

    fn bottom_axis(&self, ui: &Ui, inside: Rect) {
        let t = theme::tokens(ui);
        let mut taken = f32::NEG_INFINITY;
        for (at, text) in &self.across {
            let share = ((at - self.x.0) / (self.x.1 - self.x.0)) as f32;
            let x = inside.left() + share * inside.width();
            let painter = ui.painter();
            let galley = painter.layout_no_wrap(text.clone(), theme::small(), t.text_weak);
            // No number over the edge.
            let width = galley.size().x;
            let last = inside.right() + RIGHT - 3.0 - width;
            let left = (x - width / 2.0).min(last).max(inside.left() - LEFT / 2.0);
            if left < taken + NUMBERS_APART {
                continue;
            }
            taken = left + width;
            painter.galley(pos2(left, inside.bottom() + 3.0), galley, t.text_weak);
        }
    }

    fn left_axis(&self, ui: &Ui, inside: Rect, ticks: &[Tick]) {
        let t = theme::tokens(ui);
        for tick in ticks {
            let Some(text) = &tick.text else { continue };
            let from_top = ((self.y.1 - tick.at) / (self.y.1 - self.y.0)) as f32;
            let y = inside.top() + from_top * inside.height();
            // The title is close above.
            if y < inside.top() + 5.0 {
                continue;
            }
            ui.painter().text(
                pos2(inside.left() - 6.0, y),
                Align2::RIGHT_CENTER,
                text,
                theme::small(),
                t.text_weak,
            );
        }
    }
}

fn pen_sample(painter: &egui::Painter, at: Pos2, curve: &Curve) {
    let stroke = Stroke::new(theme::CURVE, curve.colour);
    let ends = [at, at + Vec2::X * SAMPLE];
    match curve.pen {
        Pen::Predicted => {
            painter.extend(egui::Shape::dashed_line(&ends, stroke, 4.5, 2.5));
        }
        Pen::Measured => {
            painter.line_segment(ends, stroke);
            marker(painter, at + Vec2::X * (SAMPLE / 2.0), curve.mark, curve.colour);
        }
        Pen::Points => marker(painter, at + Vec2::X * (SAMPLE / 2.0), curve.mark, curve.colour),
        Pen::Pinned => {
            painter.extend(egui::Shape::dotted_line(&ends, curve.colour, DOTS, 0.8));
            marker(painter, at + Vec2::X * (SAMPLE / 2.0), curve.mark, curve.colour);
        }
        Pen::Running => {
            painter.line_segment(ends, stroke);
        }
        Pen::RunningUnder => {
            painter.line_segment(ends, Stroke::new(theme::CURVE_UNDER, curve.colour));
        }
    }
}

/// One marker outside of a plot, as those inside are drawn.
pub fn marker(painter: &egui::Painter, at: Pos2, mark: Mark, colour: Color32) {
    let corners = mark.corners().iter().map(|[x, y]| at + theme::MARKER * vec2(*x, *y));
    match mark {
        Mark::Round => _ = painter.circle_filled(at, theme::MARKER, colour),
        Mark::Star => {
            for way in [vec2(1.0, 0.0), vec2(0.5, 0.87), vec2(0.5, -0.87)] {
                let arm = way * theme::MARKER;
                painter.line_segment([at - arm, at + arm], Stroke::new(1.5, colour));
            }
        }
        _ => {
            let shape = egui::Shape::convex_polygon(corners.collect(), colour, Stroke::NONE);
            painter.add(shape);
        }
    }
}

/// From dot to dot of a dotted line, screen points.
const DOTS: f32 = 8.0;

/// Half the width of the bars at the ends of whiskers, screen points.
const WHISKER: f32 = 4.0;

/// Draws a curve; `bar` is half the width of a whisker's ends on the horizontal axis.
fn draw(plot: &mut egui_plot::PlotUi<'_>, curve: Curve, bar: f64) {
    let colour = if curve.faded { curve.colour.gamma_multiply(theme::FADED) } else { curve.colour };
    let style = match curve.pen {
        Pen::Predicted => LineStyle::Dashed { length: 7.0 },
        Pen::Pinned => LineStyle::Dotted { spacing: DOTS },
        Pen::Measured | Pen::Running | Pen::RunningUnder | Pen::Points => LineStyle::Solid,
    };
    let width = if curve.pen == Pen::RunningUnder { theme::CURVE_UNDER } else { theme::CURVE };
    for [x, low, high] in curve.whiskers {
        let pen = colour.gamma_multiply(theme::WHISKER);
        for ends in [
            [[x, low], [x, high]],
            [[x - bar, low], [x + bar, low]],
            [[x - bar, high], [x + bar, high]],
        ] {
            plot.line(Line::new("", ends.to_vec()).color(pen).width(1.0).allow_hover(false));
        }
    }
    if matches!(curve.pen, Pen::Measured | Pen::Points | Pen::Pinned) {
        plot.points(
            Points::new("", PlotPoints::Owned(curve.points.clone()))
                .color(colour)
                .shape(curve.mark.shape())
                .filled(!curve.hollow && curve.pen != Pen::Pinned)
                .radius(theme::MARKER)
                .allow_hover(false),
        );
    }
    if curve.pen == Pen::Points {
        return;
    }
    plot.line(
        Line::new("", PlotPoints::Owned(curve.points))
            .color(colour)
            .width(width)
            .style(style)
            .allow_hover(false),
    );
}

/// Room for two plots: side by side where `rect` is wider than `wide`, else one below the other.
pub fn in_two(rect: Rect, wide: f32) -> (Rect, Rect) {
    let gap = theme::CARD_GAP;
    if rect.width() > wide {
        let width = (rect.width() - gap) / 2.0;
        let (first, second) = (rect.left() + width, rect.left() + width + gap);
        (rect.with_max_x(first), rect.with_min_x(second))
    } else {
        let height = (rect.height() - gap) / 2.0;
        let (first, second) = (rect.top() + height, rect.top() + height + gap);
        (rect.with_max_y(first), rect.with_min_y(second))
    }
}
