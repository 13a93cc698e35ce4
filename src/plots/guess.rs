//! Something guessed by hand, and the truth beside it.

use egui::{
    Align2, Color32, EventFilter, FontId, Key, Painter, Pos2, Rect, Response, Sense, Shape, Stroke,
    Ui, pos2, vec2,
};
use kit::{Mark, theme};
use lesson::{Guess, Kind, Prediction, Value};

/// Heights of the line of one number, and of a plot.
pub const LINE: f32 = 92.0;
pub const PLOT: f32 = 132.0;
/// Space around the inside: for the numbers at the left, for the names below.
const LEFT: f32 = 62.0;
const SIDE: f32 = 26.0;
const BELOW: f32 = 18.0;
const ABOVE: f32 = 18.0;
/// Height of a small text.
const ROW: f32 = 14.0;
const TICKS: usize = 5;
const RADIUS: f32 = 6.0;
/// How far a key moves the guess, of the axis.
const KEY_STEP: f32 = 0.02;

/// What is drawn: the guess, and what was true, once that may be seen.
pub struct GuessPlot<'a> {
    pub asked: &'a Prediction,
    pub places: &'a [String],
    pub guess: &'a Guess,
    pub truth: Option<&'a Value>,
    /// The guess can be moved.
    pub moves: bool,
}

impl GuessPlot<'_> {
    /// Draws into a rectangle as wide as there is room; where the guess was moved to.
    pub fn show(&self, ui: &mut Ui) -> Option<Guess> {
        let height = if self.asked.kind == Kind::Number { LINE } else { PLOT };
        let sense = if self.moves { Sense::click_and_drag() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), sense);
        let response = kit::named(response, egui::Role::Image, &self.asked.label);
        let painter = ui.painter_at(rect);
        let t = theme::tokens(ui);
        painter.text(
            rect.left_top() + vec2(4.0, 0.0),
            Align2::LEFT_TOP,
            &self.asked.label,
            theme::small(),
            t.text_weak,
        );
        let pointer = response.interact_pointer_pos().filter(|_| self.moves);
        let keyed = if self.moves { self.keyed(ui, &response) } else { None };
        match self.asked.kind {
            Kind::Number => {
                let inside = Rect::from_min_max(
                    rect.min + vec2(SIDE, ABOVE + 14.0),
                    rect.max - vec2(SIDE, BELOW),
                );
                self.line(&painter, inside, t);
                let at = |p: Pos2| self.value((p.x - inside.left()) / inside.width());
                pointer.map(|p| Guess::Number(at(p))).or(keyed)
            }
            Kind::Curve | Kind::Point => {
                let inside =
                    Rect::from_min_max(rect.min + vec2(LEFT, ABOVE), rect.max - vec2(SIDE, BELOW));
                self.plot(&painter, inside, t);
                pointer.and_then(|p| self.moved(inside, p)).or(keyed)
            }
        }
    }

    /// The guess moved by the arrow keys, where the plot has the focus: all of a curve up or down, a point
    /// to another place.
    fn keyed(&self, ui: &Ui, response: &Response) -> Option<Guess> {
        if !response.has_focus() {
            return None;
        }
        let arrows =
            EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let pressed = |more, less| {
            let count = |key| ui.input(|input| input.num_presses(key)) as f32;
            count(more) - count(less)
        };
        let (right, up) =
            (pressed(Key::ArrowRight, Key::ArrowLeft), pressed(Key::ArrowUp, Key::ArrowDown));
        let by = |value: f64, keys: f32| self.value(self.share(value) + KEY_STEP * keys);
        if right == 0.0 && up == 0.0 {
            return None;
        }
        Some(match self.guess {
            Guess::Number(value) => Guess::Number(by(*value, right + up)),
            Guess::Curve(values) => {
                Guess::Curve(values.iter().map(|y| by(*y, right + up)).collect())
            }
            Guess::Point(at, value) => {
                let last = self.places.len().saturating_sub(1);
                Guess::Point(at.saturating_add_signed(right as isize).min(last), by(*value, up))
            }
        })
    }

    /// Where a value lies along the axis, 0 to 1.
    fn share(&self, value: f64) -> f32 {
        let (from, to) = (self.asked.from, self.asked.to);
        let share = match self.asked.is_logarithmic() {
            true => (value.max(f64::MIN_POSITIVE) / from).ln() / (to / from).ln(),
            false => (value - from) / (to - from),
        };
        share.clamp(-0.03, 1.03) as f32
    }

    /// The value at a place of the axis.
    fn value(&self, share: f32) -> f64 {
        let (from, to) = (self.asked.from, self.asked.to);
        let share = f64::from(share.clamp(0.0, 1.0));
        match self.asked.is_logarithmic() {
            true => from * (to / from).powf(share),
            false => from + (to - from) * share,
        }
    }

    /// Values with numbers beside them.
    fn ticks(&self) -> Vec<f64> {
        let (from, to) = (self.asked.from, self.asked.to);
        if !self.asked.is_logarithmic() {
            return (0..TICKS)
                .map(|i| from + (to - from) * i as f64 / (TICKS - 1) as f64)
                .collect();
        }
        let (low, high) = (from.log10().ceil() as i32, to.log10().floor() as i32);
        let step = ((high - low) as usize).div_ceil(TICKS).max(1);
        (low..=high).step_by(step).map(|power| 10f64.powi(power)).collect()
    }

    /// One number on a horizontal line.
    fn line(&self, painter: &Painter, inside: Rect, t: &theme::Tokens) {
        let y = inside.center().y;
        painter.hline(inside.x_range(), y, Stroke::new(2.0, t.line));
        for tick in self.ticks() {
            let x = inside.left() + self.share(tick) * inside.width();
            painter.vline(x, y - 4.0..=y + 4.0, Stroke::new(1.0, t.cursor));
            let text = self.asked.unit().text(tick);
            let below = pos2(x, y + 7.0 + ROW);
            self.name(painter, inside, below, &text, t.text_weak);
        }
        let place = |value: f64| pos2(inside.left() + self.share(value) * inside.width(), y);
        if let Guess::Number(value) = self.guess {
            knob(painter, place(*value), t.text_strong, t.well);
            let text = format!("you: {}", self.asked.unit().text(*value));
            self.name(painter, inside, place(*value) - vec2(0.0, 8.0), &text, t.text_strong);
        }
        if let Some(truth) = self.truth.and_then(Value::number) {
            let at = place(truth);
            diamond(painter, at, t.encrypted);
            let text = format!("true: {}", self.asked.unit().text(truth));
            // Names of marks that are near each other stand one over the other.
            self.name(painter, inside, at - vec2(0.0, 21.0), &text, t.encrypted);
            painter.vline(at.x, at.y - 20.0..=at.y - RADIUS, Stroke::new(1.0, t.encrypted));
        }
    }

    /// A name with its foot at a place, inside the plot.
    fn name(&self, painter: &Painter, inside: Rect, at: Pos2, text: &str, colour: Color32) {
        let galley = painter.layout_no_wrap(text.to_owned(), theme::small(), colour);
        let half = galley.size().x / 2.0;
        let (low, high) = (inside.left() - SIDE + half + 2.0, inside.right() + SIDE - half - 2.0);
        let x = at.x.max(low).min(high.max(low));
        painter.galley(pos2(x - half, at.y - galley.size().y), galley, colour);
    }

    fn x(&self, inside: Rect, place: usize) -> f32 {
        let of = self.places.len().max(1) as f32;
        inside.left() + (place as f32 + 0.5) / of * inside.width()
    }

    /// Values at places from left to right.
    fn plot(&self, painter: &Painter, inside: Rect, t: &theme::Tokens) {
        painter.rect_filled(inside, 2, t.well);
        for tick in self.ticks() {
            let y = inside.bottom() - self.share(tick) * inside.height();
            painter.hline(inside.x_range(), y, Stroke::new(1.0, t.grid));
            let text = self.asked.unit().text(tick);
            let at = pos2(inside.left() - 5.0, y);
            painter.text(at, Align2::RIGHT_CENTER, text, theme::small(), t.text_weak);
        }
        let width = inside.width() / self.places.len().max(1) as f32;
        for (at, name) in self.places.iter().enumerate() {
            let place = Rect::from_center_size(
                pos2(self.x(inside, at), inside.bottom() + BELOW / 2.0),
                vec2(width, BELOW),
            );
            let font: FontId = theme::small();
            painter.with_clip_rect(place).text(
                place.center(),
                Align2::CENTER_CENTER,
                name,
                font,
                t.text_weak,
            );
        }
        let point = |at: usize, value: f64| {
            pos2(self.x(inside, at), inside.bottom() - self.share(value) * inside.height())
        };
        if let Some(Value::Curve(truth)) = self.truth {
            let placed = |(name, y): &(String, f64)| {
                let at = self.places.iter().position(|place| place == name)?;
                y.is_finite().then(|| point(at, *y))
            };
            let points: Vec<Pos2> = truth.iter().filter_map(placed).collect();
            painter.add(Shape::line(points.clone(), Stroke::new(2.0, t.encrypted)));
            points.into_iter().for_each(|at| diamond(painter, at, t.encrypted));
        }
        let guessed: Vec<Pos2> = match self.guess {
            Guess::Curve(values) => {
                values.iter().enumerate().map(|(at, y)| point(at, *y)).collect()
            }
            Guess::Point(at, y) => vec![point(*at, *y)],
            Guess::Number(_) => Vec::new(),
        };
        painter.extend(Shape::dashed_line(&guessed, Stroke::new(1.5, t.text_strong), 5.0, 4.0));
        guessed.into_iter().for_each(|at| knob(painter, at, t.text_strong, t.well));
    }

    /// The guess with its nearest point at the pointer.
    fn moved(&self, inside: Rect, pointer: Pos2) -> Option<Guess> {
        let of = self.places.len();
        let share = (pointer.x - inside.left()) / inside.width();
        let place = ((share * of as f32).max(0.0) as usize).min(of.checked_sub(1)?);
        let value = self.value((inside.bottom() - pointer.y) / inside.height());
        match self.guess {
            Guess::Curve(values) => {
                let mut values = values.clone();
                *values.get_mut(place)? = value;
                Some(Guess::Curve(values))
            }
            Guess::Point(..) => Some(Guess::Point(place, value)),
            Guess::Number(_) => None,
        }
    }
}

/// What a hand takes hold of.
fn knob(painter: &Painter, at: Pos2, colour: Color32, inside: Color32) {
    painter.circle(at, RADIUS, inside, Stroke::new(2.0, colour));
}

fn diamond(painter: &Painter, at: Pos2, colour: Color32) {
    let corners = Mark::Diamond.corners().iter();
    let points = corners.map(|[x, y]| at + vec2(*x, *y) * (RADIUS - 1.0)).collect();
    painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: Kind, from: f64, to: f64) -> Prediction {
        Prediction { fact: "run.margins".into(), kind, label: "l".into(), from, to }
    }

    #[test]
    fn an_axis_over_decades_is_logarithmic() {
        let asked = asked(Kind::Number, 1.0, 1e6);
        let plot = GuessPlot {
            asked: &asked,
            places: &[],
            guess: &Guess::Number(1.0),
            truth: None,
            moves: true,
        };
        assert!((plot.share(1000.0) - 0.5).abs() < 1e-6);
        assert!((plot.value(0.5) - 1000.0).abs() < 1e-6);
        assert_eq!(plot.ticks(), [1.0, 100.0, 1e4, 1e6]);
    }

    #[test]
    fn the_place_under_the_pointer_is_moved() {
        let asked = asked(Kind::Curve, 0.0, 80.0);
        let places = ["a", "b"].map(str::to_owned);
        let guess = Guess::Curve(vec![40.0, 40.0]);
        let plot =
            GuessPlot { asked: &asked, places: &places, guess: &guess, truth: None, moves: true };
        let inside = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 80.0));
        let moved = plot.moved(inside, pos2(80.0, 20.0));
        assert_eq!(moved, Some(Guess::Curve(vec![40.0, 60.0])));
        let point = GuessPlot { guess: &Guess::Point(0, 0.0), ..plot };
        assert_eq!(point.moved(inside, pos2(10.0, 80.0)), Some(Guess::Point(0, 0.0)));
    }
}
