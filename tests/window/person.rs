//! A person at the window, who counts clicks, and the files that they bring.

use crate::drive::{WIDE, until, until_over, until_planned};
use cryptoscope::app::{App, Status, Tab, TaskStatus};
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;

/// A window with the real engine, as it is opened, and the clicks that were made in it.
pub struct Person {
    pub h: Harness<'static, App>,
    pub clicks: usize,
}

impl Person {
    pub fn new() -> Self {
        Self::of_size(WIDE)
    }

    pub fn of_size(size: [f32; 2]) -> Self {
        let h = Harness::builder().with_size(size).build_eframe(|cc| {
            let scenario = Scenario::open("digits").expect("built in");
            App::new(cc, SessionEngine::new(Sources::default()), scenario)
        });
        let mut person = Self { h, clicks: 0 };
        until_planned(&mut person.h);
        person
    }

    pub fn click(&mut self, role: Role, name: &str) {
        self.h.get_by_role_and_label(role, name).click();
        self.h.run_ok();
        self.clicks += 1;
    }

    pub fn button(&mut self, name: &str) {
        until(&mut self.h, name, |h| h.query_by_role_and_label(Role::Button, name).is_some());
        self.click(Role::Button, name);
    }

    /// A file is chosen in the dialog that is open: typing is no click, the button is one.
    pub fn choose(&mut self, path: &Path, verb: &str) {
        self.h.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.h.run_ok();
        let field = self.h.get_all_by_role(Role::TextInput).find(|field| {
            let name = field.accesskit_node().label().unwrap_or_default();
            !name.starts_with("Row ")
        });
        field.expect("a field").type_text(&path.to_string_lossy());
        self.h.run_ok();
        self.button(verb);
    }

    pub fn until_trained(&mut self) {
        until(&mut self.h, "the training", |h| {
            let new = &h.state().state().new_network;
            new.training.status != TaskStatus::Running
                && (new.file.is_some() || new.training.status != TaskStatus::Finished)
        });
        let status = self.h.state().state().new_network.training.status.clone();
        assert_eq!(status, TaskStatus::Finished);
        self.h.run_ok();
    }

    /// Every answer of the run is that of the reference network.
    pub fn has_right_answers(&mut self, samples: usize) {
        until_over(&mut self.h);
        let state = self.h.state().state();
        let run = state.run.as_ref().expect("a run");
        assert_eq!(run.status, Status::Finished);
        let report = run.report.as_ref().expect("a report");
        assert_eq!((report.images, report.encrypted.wrong_outputs), (samples, 0));
        assert_eq!(report.encrypted.agreement, 1.0);
        assert_eq!(state.tab, Tab::Run);
    }

    pub fn has(&self, text: &str) -> bool {
        self.h.query_all_by_label_contains(text).next().is_some()
    }
}

/// A table of two classes that a line tells apart, with words for classes.
pub fn table(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("flowers.csv");
    let mut text = "length,width,colour,kind\n".to_owned();
    for i in 0..120 {
        let far = f64::from(i % 2) * 4.0;
        let (a, b) = (f64::from(i % 7) * 0.3 + far, f64::from(i % 5) * 0.4 - far);
        let kind = if i % 2 == 0 { "daisy" } else { "tulip" };
        text += &format!("{a:.2},{b:.2},{},{kind}\n", i % 3);
    }
    std::fs::write(&path, text).expect("writes");
    path
}

/// Sequences of three steps that go up or down.
pub fn slopes(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("slopes.ts");
    let mut text = "@problemName slopes\n@timeStamps false\n@univariate true\n".to_owned();
    text += "@classLabel true up down\n@data\n";
    for i in 0..100 {
        let (sign, class) = if i % 2 == 0 { ("", "up") } else { ("-", "down") };
        text += &format!("0,{sign}{},{sign}{}:{class}\n", 1 + i % 3, 3 + i % 4);
    }
    std::fs::write(&path, text).expect("writes");
    path
}

/// What the desktop keeps between starts.
#[derive(Clone, Default)]
pub struct Kept(pub std::collections::HashMap<String, String>);

impl eframe::Storage for Kept {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}
