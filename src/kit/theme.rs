//! The only place with colours, fonts and spacings.
//!
//! Data colours are from the palette of Okabe and Ito (jfly.uni-koeln.de/color), which people with any
//! common colour vision tell apart. Three networks have colours of their own everywhere: the original
//! is blue, the reference violet, the encrypted orange; curves of other things never have these. Red
//! means one thing only: *decrypted wrongly*; it never stands alone, a word or a cross is always with
//! it.

use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke,
    TextStyle, Theme, Vec2,
};
use std::sync::Arc;

/// Colours of one theme.
pub struct Tokens {
    /// The original network, in the clear.
    pub original: Color32,
    /// The reference network: what ciphertexts hold, in the clear.
    pub reference: Color32,
    /// The encrypted network.
    pub encrypted: Color32,
    /// Decrypted wrongly, and nothing else.
    pub wrong: Color32,
    pub wrong_fill: Color32,
    /// Every output agreed.
    pub right: Color32,
    /// Something to know: a refusal, a warning.
    pub notice: Color32,
    pub notice_fill: Color32,
    /// The one thing to press.
    pub action: Color32,
    pub on_action: Color32,
    pub stop: Color32,
    pub text: Color32,
    pub text_strong: Color32,
    pub text_weak: Color32,
    /// Behind everything.
    pub ground: Color32,
    /// Cards and panels.
    pub surface: Color32,
    /// Inputs, and the inside of plots.
    pub well: Color32,
    pub line: Color32,
    pub grid: Color32,
    pub grid_minor: Color32,
    pub cursor: Color32,
    pub selection: Color32,
    series: [Color32; 6],
    control: Color32,
    control_hover: Color32,
    control_active: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

static DARK: Tokens = Tokens {
    original: rgb(0x56_B4_E9),
    reference: rgb(0xB3_9D_FF),
    encrypted: rgb(0xE6_9F_00),
    wrong: rgb(0xFF_5A_5F),
    wrong_fill: rgb(0x4A_15_1B),
    right: rgb(0x2F_C4_97),
    notice: rgb(0xE9_DD_6A),
    notice_fill: rgb(0x2E_2C_1A),
    action: rgb(0x00_7F_5F),
    on_action: rgb(0xFF_FF_FF),
    stop: rgb(0x4A_52_60),
    text: rgb(0xC9_D1_DC),
    text_strong: rgb(0xF2_F5_F9),
    text_weak: rgb(0xA0_AA_B8),
    ground: rgb(0x10_13_18),
    surface: rgb(0x18_1C_23),
    well: rgb(0x12_16_1C),
    line: rgb(0x2A_31_3B),
    grid: rgb(0x26_2D_36),
    grid_minor: rgb(0x1B_20_28),
    cursor: rgb(0x5B_67_78),
    selection: rgb(0x2C_3F_56),
    series: [
        rgb(0x2F_C4_97),
        rgb(0xF0_E4_42),
        rgb(0xDD_8F_BE),
        rgb(0xC9_D1_DC),
        rgb(0xB0_8D_57),
        rgb(0x8F_D0_D8),
    ],
    control: rgb(0x25_2B_35),
    control_hover: rgb(0x30_38_45),
    control_active: rgb(0x3A_44_53),
};

static LIGHT: Tokens = Tokens {
    original: rgb(0x00_72_B2),
    reference: rgb(0x6B_3F_C9),
    encrypted: rgb(0xA4_5A_00),
    wrong: rgb(0xC3_12_2C),
    wrong_fill: rgb(0xFB_E3_E5),
    right: rgb(0x00_7A_59),
    notice: rgb(0x7A_66_00),
    notice_fill: rgb(0xFB_F6_DC),
    action: rgb(0x00_7A_59),
    on_action: rgb(0xFF_FF_FF),
    stop: rgb(0x5A_64_72),
    text: rgb(0x2E_36_40),
    text_strong: rgb(0x0E_14_1B),
    text_weak: rgb(0x58_64_72),
    ground: rgb(0xEE_F1_F4),
    surface: rgb(0xFA_FB_FC),
    well: rgb(0xFF_FF_FF),
    line: rgb(0xD3_D9_E0),
    grid: rgb(0xE2_E6_EB),
    grid_minor: rgb(0xF2_F4_F6),
    cursor: rgb(0x9A_A5_B3),
    selection: rgb(0xCF_E1_F2),
    series: [
        rgb(0x00_7A_59),
        rgb(0x80_68_00),
        rgb(0xAA_46_80),
        rgb(0x2E_36_40),
        rgb(0x7A_4E_22),
        rgb(0x26_76_82),
    ],
    control: rgb(0xE6_EA_EF),
    control_hover: rgb(0xDA_E0_E7),
    control_active: rgb(0xCC_D4_DE),
};

impl Tokens {
    /// The colour of one of several like curves; they come again after the last.
    pub fn series(&self, at: usize) -> Color32 {
        self.series[at % self.series.len()]
    }
}

/// The colours of the theme that a window is drawn in.
pub fn tokens_of(ctx: &egui::Context) -> &'static Tokens {
    if ctx.theme() == Theme::Dark { &DARK } else { &LIGHT }
}

/// The colours of the theme `ui` is drawn in.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// The colours of what is drawn for paper.
pub fn print_tokens() -> &'static Tokens {
    &LIGHT
}

/// A colour of curves as it is on paper, whatever the theme of the window.
pub fn printed(colour: Color32) -> Color32 {
    fn of_data(t: &Tokens) -> impl Iterator<Item = Color32> + '_ {
        [t.original, t.reference, t.encrypted, t.text, t.text_weak, t.cursor]
            .into_iter()
            .chain(t.series)
    }
    let pair = of_data(&DARK).zip(of_data(&LIGHT)).find(|(dark, _)| *dark == colour);
    pair.map_or(colour, |(_, light)| light)
}

/// A colour as in web pages, `#rrggbb`.
pub fn hex(colour: Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.r(), colour.g(), colour.b())
}

/// Space between things that belong together, points.
pub const GAP: f32 = 6.0;
/// Space between cards.
pub const CARD_GAP: f32 = 8.0;
/// Space inside a card.
pub const CARD_MARGIN: i8 = 10;
/// Height of one row of controls.
pub const ROW: f32 = 24.0;
/// Height of a table row.
pub const TABLE_ROW: f32 = 20.0;
/// Width of the setup panel.
pub const SETUP_WIDTH: f32 = 334.0;
/// Width of the name before a control.
pub const FIELD_LABEL: f32 = 80.0;
/// Thickness of a curve.
pub const CURVE: f32 = 2.0;
/// Thickness of a curve that another one may cover: it still shows on both sides of that.
pub const CURVE_UNDER: f32 = 4.0;
/// Radius of the marker of a measured point.
pub const MARKER: f32 = 3.0;
/// How strongly the range is drawn that a point may lie in.
pub const WHISKER: f32 = 0.6;
/// How strongly the figures of an earlier setup are drawn.
pub const FADED: f32 = 0.4;
/// How strongly everything of results of another setup is drawn.
pub const STALE: f32 = 0.45;
/// Rounding of cards.
pub const ROUNDING: u8 = 6;

/// Small text: captions, ticks.
pub fn small() -> FontId {
    FontId::proportional(11.0)
}

/// Emphasis.
pub fn strong(size: f32) -> FontId {
    FontId::new(size, semibold())
}

/// Large figures, as large as `width` points allow.
pub fn figure(width: f32) -> FontId {
    strong((width / 5.4).clamp(13.0, 19.0))
}

/// Headings of cards and plots.
pub fn heading() -> FontId {
    strong(12.5)
}

fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// A pixel of a dataset's image.
pub fn pixel(red: u8, green: u8, blue: u8) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// A card: the frame around each group of things.
pub fn card(ui: &egui::Ui) -> egui::Frame {
    let t = tokens(ui);
    egui::Frame::new()
        .fill(t.surface)
        .stroke(Stroke::new(1.0, t.line))
        .corner_radius(CornerRadius::same(ROUNDING))
        .inner_margin(Margin::same(CARD_MARGIN))
}

/// The frame of everything that opens over the window.
pub fn dialog(ctx: &egui::Context) -> egui::Frame {
    egui::Frame::window(&ctx.global_style()).inner_margin(Margin::same(14))
}

/// Puts fonts, colours and spacings of both themes into `ctx`.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    for (theme, tokens) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| apply(style, tokens));
    }
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let regular = FontData::from_static(include_bytes!("../../assets/fonts/Inter-Regular.otf"));
    let semi = FontData::from_static(include_bytes!("../../assets/fonts/Inter-SemiBold.otf"));
    fonts.font_data.insert("inter".into(), Arc::new(regular));
    fonts.font_data.insert("inter-semibold".into(), Arc::new(semi));
    let proportional = fonts.families.entry(FontFamily::Proportional).or_default();
    proportional.insert(0, "inter".into());
    let mut bold = proportional.clone();
    bold.insert(0, "inter-semibold".into());
    fonts.families.insert(semibold(), bold);
    fonts
}

fn apply(style: &mut egui::Style, t: &Tokens) {
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, FontId::proportional(13.0)),
        (TextStyle::Button, FontId::proportional(13.0)),
        (TextStyle::Heading, strong(16.0)),
        (TextStyle::Monospace, FontId::monospace(12.0)),
    ]
    .into();
    style.spacing.item_spacing = Vec2::new(GAP, GAP);
    style.spacing.button_padding = Vec2::new(8.0, 3.0);
    style.spacing.interact_size.y = ROW;
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.tooltip_width = 380.0;
    style.interaction.selectable_labels = false;
    style.animation_time = 0.08;

    let v = &mut style.visuals;
    v.panel_fill = t.ground;
    v.window_fill = t.surface;
    v.window_stroke = Stroke::new(1.0, t.line);
    v.extreme_bg_color = t.well;
    v.text_edit_bg_color = Some(t.well);
    v.faint_bg_color = t.grid_minor;
    v.code_bg_color = t.well;
    v.warn_fg_color = t.notice;
    v.error_fg_color = t.notice;
    v.hyperlink_color = t.original;
    v.weak_text_color = Some(t.text_weak);
    v.selection.bg_fill = t.selection;
    v.selection.stroke = Stroke::new(1.0, t.text_strong);
    v.window_corner_radius = CornerRadius::same(8);
    v.menu_corner_radius = CornerRadius::same(6);
    v.slider_trailing_fill = true;

    let rounding = CornerRadius::same(4);
    let w = &mut v.widgets;
    for (widget, fill, text) in [
        (&mut w.noninteractive, t.surface, t.text),
        (&mut w.inactive, t.control, t.text),
        (&mut w.hovered, t.control_hover, t.text_strong),
        (&mut w.active, t.control_active, t.text_strong),
        (&mut w.open, t.control_hover, t.text_strong),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, t.line);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = rounding;
        widget.expansion = 0.0;
    }
    w.hovered.bg_stroke = Stroke::new(1.0, t.cursor);
    w.active.bg_stroke = Stroke::new(1.5, t.text_weak);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance by WCAG 2.
    fn luminance(c: Color32) -> f64 {
        let channel = |v: u8| {
            let s = f64::from(v) / 255.0;
            if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_curves_stand_out_from_what_is_behind_them() {
        for t in [&DARK, &LIGHT] {
            // Figures and names of curves are written in their colours.
            let data = [t.original, t.reference, t.encrypted].into_iter().chain(t.series);
            for text in data.chain([t.wrong, t.right, t.notice]) {
                for behind in [t.ground, t.surface, t.well] {
                    assert!(contrast(text, behind) >= 4.5, "{text:?} on {behind:?}");
                }
            }
            let controls = [t.control, t.control_hover, t.control_active, t.selection];
            for behind in [t.ground, t.surface, t.well].into_iter().chain(controls) {
                assert!(contrast(t.text, behind) >= 4.5, "text on {behind:?}");
                assert!(contrast(t.text_strong, behind) >= 4.5, "strong text on {behind:?}");
            }
            let quiet = [t.ground, t.surface, t.well, t.control, t.selection];
            for behind in quiet.into_iter().chain([t.notice_fill, t.wrong_fill]) {
                assert!(contrast(t.text_weak, behind) >= 4.5, "weak text on {behind:?}");
            }
            for (text, behind) in [
                (t.wrong, t.wrong_fill),
                (t.text, t.wrong_fill),
                (t.notice, t.notice_fill),
                (t.text, t.notice_fill),
                (t.on_action, t.action),
                (t.on_action, t.stop),
            ] {
                assert!(contrast(text, behind) >= 4.5, "{text:?} on {behind:?}");
            }
        }
    }

    #[test]
    fn the_measure_of_contrast_is_that_of_wcag() {
        // Black on white is 21 to 1; #767676 is the lightest grey with 4.5 to 1 on white.
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-9);
        assert!(contrast(rgb(0x76_76_76), Color32::WHITE) >= 4.5);
        assert!(contrast(rgb(0x77_77_77), Color32::WHITE) < 4.5);
    }
}
