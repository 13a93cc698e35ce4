use super::forecast::{far, margin_bits};
use super::*;
use crate::{Constraints, PlanError, SchemeKind};
use activation::Activation;
use data::Shape;
use network::Normalisation;
use network::table::{InputGrid, Linear, LookUp, Table, TableLayer, TableNetwork, Term};
use progress::Cancel;
use std::sync::Arc;

/// Layers of 8 values with tables of `bits` bits between them.
pub(super) fn network(bits: u32, tables: usize) -> Arc<TableNetwork> {
    let grid = InputGrid {
        normalisation: Normalisation { offset: vec![0.0], scale: vec![1.0] },
        step: 1.0,
        low: 0,
        high: 15,
    };
    let flat = Shape::Flat { len: 8 };
    let linear = |name: String, largest: i32| {
        let row = |r: u32| {
            let term = |i: u32| Term { index: i, weight: ((r * 7 + i * 3) % 9) as i32 - 4 };
            ((0..8).map(term).filter(|t| t.weight != 0).collect(), i64::from(r) - largest as i64)
        };
        TableLayer::Linear(Linear::new(name, "dense", (flat, flat), 1.0, 1.0, (0..8).map(row)))
    };
    let mut layers = Vec::new();
    for index in 0..tables {
        layers.push(linear(format!("dense{index}"), 3));
        let width = 256 >> bits;
        let look_up = LookUp::sample(&Activation::Relu, bits, width, 1.0, 15);
        layers.push(TableLayer::Table(Table {
            name: format!("relu{index}"),
            values: 8,
            bits,
            width,
            input_scale: 1.0,
            functions: vec![look_up],
        }));
    }
    layers.push(linear("output".into(), 0));
    Arc::new(TableNetwork::new("test", flat, grid, layers).unwrap())
}

fn planned(
    network: &Arc<TableNetwork>,
    constraints: Constraints,
) -> Result<TableCircuit, PlanError> {
    let calibration: Vec<f32> = (0..64 * 8).map(|i| ((i * 37) % 16) as f32).collect();
    plan_tables(&TableRequest {
        network,
        calibration: &calibration,
        images: 10,
        threads: 2,
        constraints,
        cancel: &Cancel::default(),
    })
}

#[test]
fn plans_are_secure_and_read_well_enough() {
    for (bits, tables) in [(2, 1), (3, 2), (4, 1), (5, 2), (6, 1)] {
        let circuit = planned(&network(bits, tables), Constraints::default()).unwrap();
        let plan = &circuit.plan;
        assert_eq!(plan.scheme, SchemeKind::Tfhe);
        assert!(plan.security_bits >= 128);
        let details = circuit.tables().unwrap();
        assert!(details.failure_per_lookup <= 2f64.powi(-40), "{bits} bits");
        assert!(plan.margin_bits() >= 40.0);
        assert!(details.failure_per_sample >= details.failure_per_lookup);
        assert_eq!(details.lookups, 8 * tables);
        assert_eq!(circuit.needs_key_switch(), tables > 1);
        // Input, sums and tables, scores, and a key switch before every table but the first.
        assert_eq!(plan.stages.len(), 1 + 2 * tables + 1 + (tables - 1));
        assert!(plan.warnings.iter().all(|w| w.kind != "past_budget"));
    }
}

#[test]
fn more_bits_cost_more() {
    let secs = |bits| {
        let circuit = planned(&network(bits, 1), Constraints::default()).unwrap();
        let p = &circuit.parameters;
        p.lwe_dimension as f64 * cost::typical_rotation_cost((p.glwe_dimension, p.polynomial_size))
    };
    let all: Vec<f64> = (2..=6).map(secs).collect();
    assert!(all.windows(2).all(|w| w[0] <= w[1]), "{all:?}");
    assert!(all[4] > 1.5 * all[0]);
}

#[test]
fn what_the_user_fixes_is_kept_or_refused_with_what_fits() {
    let network = network(4, 2);
    let fixed = Constraints { ring_degree: Some(2048), ..Default::default() };
    assert_eq!(planned(&network, fixed).unwrap().plan.ring_degree, 2048);
    let small = Constraints { lwe_dimension: Some(500), ..Default::default() };
    let text = planned(&network, small).unwrap_err().to_string();
    assert!(text.contains("with n = 500") && text.contains("what fits: N = "), "{text}");
    let past = Constraints { past_budget: true, ..small };
    let circuit = planned(&network, past).unwrap();
    assert_eq!(circuit.parameters.lwe_dimension, 500);
    assert!(circuit.plan.security_bits >= 128, "security is never loosened");
    assert!(circuit.plan.warnings.iter().any(|w| w.kind == "past_budget"));
    let refuse = |c: Constraints, part: &str| {
        let text = planned(&network, c).unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    };
    let of = |n| Constraints { ring_degree: Some(n), ..Default::default() };
    refuse(of(16_384), "scheme.ring_degree is 16384");
    refuse(Constraints { lwe_dimension: Some(100), ..Default::default() }, "440 to 1200");
    refuse(Constraints { prime_count: Some(3), ..Default::default() }, "scheme.prime_count");
}

#[test]
fn margins_go_on_where_doubles_end() {
    let network = network(4, 1);
    let table = network.tables().next().unwrap();
    let width = table.width as f64;
    for share in [0.2, 0.1, 0.05] {
        let standard_deviation = width * share;
        assert!(
            (margin_bits(table, standard_deviation) + far(table, standard_deviation).log2()).abs()
                < 1e-9
        );
    }
    let (before, beyond) = (margin_bits(table, width / 36.0), margin_bits(table, width / 38.0));
    assert!(beyond > before && beyond < 1.3 * before, "{before} {beyond}");
}
