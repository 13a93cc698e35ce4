//! Parameters by hand: what they come to while they are moved.

use crate::drive::{real, until, until_planned};
use crate::shots::shoot;
use cryptoscope::app::App;
use cryptoscope::format;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

type Window = Harness<'static, App>;

fn has(h: &Window, text: &str) -> bool {
    h.query_all_by_label_contains(text).next().is_some()
}

fn by_hand() -> Window {
    let mut h = real(
        "digits",
        &[
            "scheme.kind=bgv",
            "scheme.ring_degree=8192",
            "scheme.prime_count=3",
            "scheme.prime_bits=45",
        ],
    );
    until_planned(&mut h);
    h
}

fn set(h: &mut Window, name: &str, value: f64) {
    h.get_by_role_and_label(Role::Slider, name).set_value_accesskit(value);
    h.run_ok();
}

#[test]
fn margin_size_and_time_move_with_the_sliders() {
    let mut h = by_hand();
    let figures = |h: &Window| {
        let plan = h.state().state().preview.plan.clone().expect("works");
        let bytes = plan.bytes.upload + plan.bytes.evaluation_keys;
        let shown = [format::bytes(bytes), format::secs(plan.secs.total())];
        for text in shown {
            assert!(has(h, &text), "{text}");
        }
        (plan.margin_bits(), bytes)
    };
    let three = figures(&h);
    set(&mut h, "Primes", 4.0);
    until_planned(&mut h);
    assert_eq!(h.state().state().scenario.scheme.prime_count, Some(4));
    let four = figures(&h);
    // One prime of 45 bits more: so many bits of margin more, and larger ciphertexts.
    assert!((four.0 - three.0 - 45.0).abs() < 2.0, "{three:?} {four:?}");
    assert!(four.1 > three.1);
    // While a slider moves from frame to frame, plans are made all the same.
    let mut seen = Vec::new();
    for step in 0..400 {
        let value = if step % 2 == 0 { 3.0 } else { 4.0 };
        h.get_by_role_and_label(Role::Slider, "Primes").set_value_accesskit(value);
        h.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
        let plan = h.state().state().preview.plan.as_ref();
        seen.extend(plan.map(|plan| plan.primes.len()));
    }
    assert!(seen.contains(&3) && seen.contains(&4), "figures are there before it stands still");
}

#[test]
fn the_largest_modulus_stands_beside_every_ring_degree() {
    let mut h = by_hand();
    // Table 5.2 of the Security Guidelines 2024, ternary secrets, classical, 128 bits.
    for (n, bits) in [(4096, 106), (8192, 214), (16_384, 430), (32_768, 868), (65_536, 1747)] {
        assert!(has(&h, &format!("N {n}")) && has(&h, &format!("{bits} bits")), "{n}");
    }
    assert!(has(&h, "▶ N 8192") && !has(&h, "▶ N 16384"));
    let now = |h: &Window| {
        let plan = h.state().state().preview.plan.clone().expect("works");
        format!("now {:.0}", plan.log2_qp)
    };
    assert!(has(&h, &now(&h)));
    set(&mut h, "Ring degree", 14.0);
    until_planned(&mut h);
    assert_eq!(h.state().state().scenario.scheme.ring_degree, Some(16_384));
    assert!(has(&h, "▶ N 16384") && has(&h, &now(&h)));
    // More primes than 128 bits of security carry: the plan says so, the mark stays.
    set(&mut h, "Primes", 16.0);
    until(&mut h, "the refusal", |h| h.state().state().refusal().is_some());
    assert!(has(&h, "▶ N 16384"));
    // What is left to the planner is.
    h.get_by_role_and_label(Role::Button, "Primes, automatic").click();
    h.run_ok();
    until_planned(&mut h);
    assert_eq!(h.state().state().scenario.scheme.prime_count, None);
    assert!(h.state().state().preview.plan.is_some());
}

#[test]
#[ignore = "needs something to draw with: mesa-vulkan-drivers"]
fn pictures_of_parameters() {
    let mut h = by_hand();
    shoot(&mut h, "parameters");
}
