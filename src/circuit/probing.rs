//! Programs that measure values after one layer, in the place of the noisiest ones after each.

use super::compiled::{BfvProgram, BgvProgram, Program};
use super::real::CkksProgram;
use ring::Probe;

impl Program {
    /// The same program that measures the first `values` values after `layer` of its network and nothing
    /// else.
    pub fn probing(&self, layer: usize, values: usize) -> Self {
        match self {
            Self::Bgv(program) => Self::Bgv(program.probing(layer, values)),
            Self::Bfv(program) => Self::Bfv(program.probing(layer, values)),
        }
    }
}

impl BgvProgram {
    fn probing(&self, layer: usize, values: usize) -> Self {
        let mut program = self.clone();
        for step in &mut program.steps {
            step.switch_probes.clear();
            step.probes.clear();
            if step.layers.contains(&layer) {
                let op = layer - step.layers.start;
                step.probes = (0..values).map(|index| Probe { op, index }).collect();
            }
        }
        program
    }
}

impl BfvProgram {
    fn probing(&self, layer: usize, values: usize) -> Self {
        let mut program = self.clone();
        for (at, of_layer) in program.layers.iter_mut().enumerate() {
            of_layer.probes = if at == layer { (0..values).collect() } else { Vec::new() };
        }
        program
    }
}

impl CkksProgram {
    /// As [`Program::probing`]; `layers` is how many layers the network has.
    pub fn probing(&self, layer: usize, values: usize, layers: usize) -> Self {
        let mut program = self.clone();
        let of = |at: usize| if at == layer { (0..values).collect() } else { Vec::new() };
        let of_layer: Vec<Vec<usize>> = (0..layers).map(of).collect();
        program.set_probes(&of_layer, &vec![Vec::new(); self.steps.len()]);
        program
    }
}
