//! One frame of the window, while the degree moves and, in every tab, while a run is on:
//! `cargo bench --bench window`.
//!
//! Everything of a frame but the drawing of its triangles: the fit, its errors, the plots and
//! the layout. At 60 frames a second a frame has 16.7 ms.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use cryptoscope::activation::Method;
use cryptoscope::app::App;
use cryptoscope::scenario::{Scenario, Sources};
use cryptoscope::worker::SessionEngine;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::time::{Duration, Instant};

/// The tab Activation of `digits-relu` with `method` at `degree`, planned.
fn laboratory(method: Method, degree: usize) -> Harness<'static, App> {
    let size = [1440.0, 900.0];
    let mut window = Harness::builder().with_size(size).build_eframe(|cc| {
        let scenario = Scenario::open("digits-relu").expect("built in");
        App::new(cc, SessionEngine::new(Sources::default()), scenario)
    });
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    let end = Instant::now() + Duration::from_secs(10);
    while window.state().state().preview.pending && Instant::now() < end {
        window.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    while window.state().state().lab.choice.method != method {
        window.key_press_modifiers(Modifiers::COMMAND, Key::M);
        window.step();
    }
    while window.state().state().lab.choice.degree < degree {
        window.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
        window.step();
    }
    window
}

fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame while the degree moves");
    group.sample_size(20);
    for (method, degree) in [
        (Method::Minimax, 7),
        (Method::Minimax, 31),
        (Method::CompositeMinimax, 7),
        (Method::CompositeMinimax, 31),
    ] {
        let mut window = laboratory(method, degree);
        let mut up = false;
        group.bench_function(BenchmarkId::new(method.id(), degree), |b| {
            b.iter(|| {
                up = !up;
                let key = if up { Key::ArrowUp } else { Key::ArrowDown };
                window.key_press_modifiers(Modifiers::ALT, key);
                window.step();
            });
        });
    }
    group.finish();
}

/// A window on lookup tables, which run for minutes, with the run on.
fn running() -> Harness<'static, App> {
    let mut window = Harness::builder().with_size([1280.0, 800.0]).build_eframe(|cc| {
        let scenario = Scenario::open("deep").expect("built in");
        App::new(cc, SessionEngine::new(Sources::default()), scenario)
    });
    let end = Instant::now() + Duration::from_secs(60);
    let wait = |window: &mut Harness<'_, App>, done: fn(&App) -> bool| {
        while !done(window.state()) && Instant::now() < end {
            window.step();
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    wait(&mut window, |app| !app.state().preview.pending);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    for _ in 0..3 {
        window.step();
    }
    // Who is asked whether it shall take so long says yes.
    if let Some(all) = window.query_by_label_contains("Run all ") {
        all.click();
        window.step();
    }
    wait(&mut window, |app| app.state().run.as_ref().is_some_and(|run| !run.samples.is_empty()));
    assert!(window.state().state().running, "the run is on");
    window
}

fn tabs(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame while a run is on");
    group.sample_size(20);
    let mut window = running();
    for tab in [
        "Run",
        "Samples",
        "Data",
        "Model",
        "Activation",
        "Sweep",
        "Training",
        "Compare",
        "Lessons",
        "Welcome",
    ] {
        window.get_by_role_and_label(Role::Tab, &format!("{tab} tab")).click();
        window.step();
        group.bench_function(tab, |b| b.iter(|| window.step()));
    }
    assert!(window.state().state().running, "the run was on all the time");
    group.finish();
}

criterion_group!(benches, frames, tabs);
criterion_main!(benches);
