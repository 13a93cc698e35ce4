//! From a scenario to its network of lookup tables.

use super::session::{Compiled, Session};
use progress::Cancel;
use scenario::{ActivationKind, RunError, SchemeSelector};

/// Bits of tables where neither the scenario nor the model says.
#[cfg(feature = "tfhe")]
const DEFAULT_BITS: u32 = 4;

impl Session {
    /// Whether activations are lookup tables: by the activation strategy, or because TFHE is asked for.
    pub(crate) fn is_lookup(&self) -> Result<bool, RunError> {
        let asked = self.scenario.activation.kind == ActivationKind::Lookup;
        match self.scenario.scheme.kind {
            SchemeSelector::Tfhe => Ok(true),
            SchemeSelector::Auto => Ok(asked),
            _ if !asked => Ok(false),
            _ => Err(RunError::Refused(
                "activation.kind lookup needs TFHE: set scheme.kind to auto or tfhe, or activation.kind to polynomial".into(),
            )),
        }
    }

    /// Lookup tables were left out of this program.
    #[cfg(not(feature = "tfhe"))]
    pub(crate) fn table_circuit(&self, _: &Cancel) -> Result<Compiled, RunError> {
        Err(RunError::Refused(
            "lookup tables were left out of this build (Cargo feature tfhe): build with it, or set activation.kind to polynomial and scheme.kind to auto".into(),
        ))
    }
}

#[cfg(feature = "tfhe")]
mod tables {
    use super::*;
    use circuit::table::{TableRequest, plan_tables};
    use network::table::{TableNetwork, TableOptions};
    use network::{Network, Role};
    use progress::Watch;
    use std::sync::Arc;

    impl Session {
        pub(crate) fn table_circuit(&self, cancel: &Cancel) -> Result<Compiled, RunError> {
            let network = Arc::new(self.table_network(cancel)?);
            let request = TableRequest {
                network: &network,
                calibration: self.calibration_inputs(),
                images: self.images()?,
                threads: self.threads()?,
                constraints: self.constraints(),
                cancel,
            };
            Ok(Compiled::Tables(Arc::new(plan_tables(&request)?)))
        }

        /// The model on integers with tables: as it was trained, or as the network that its card names for
        /// tables and whose digest holds; else put on integers now.
        pub fn table_network(&self, cancel: &Cancel) -> Result<TableNetwork, RunError> {
            if let Some((_, made)) = self.trained_tables()? {
                return Ok(made);
            }
            let asked = self.scenario.activation.bits;
            let options =
                TableOptions { bits: asked.unwrap_or(DEFAULT_BITS), ..TableOptions::default() };
            let watch = Watch::new(cancel.clone(), &|_| ());
            Ok(TableNetwork::quantise(&self.network, &options, self.calibration_inputs(), &watch)?)
        }

        /// The network that was trained with tables of the bits that are asked for, and its tables.
        pub(crate) fn trained_tables(&self) -> Result<Option<(Network, TableNetwork)>, RunError> {
            let asked = self.scenario.activation.bits;
            let twin = self.network.twin(Role::Table);
            for network in [Some(&*self.network), twin.as_ref()].into_iter().flatten() {
                let Some(made) = TableNetwork::trained(network)? else { continue };
                let bits = made.tables().map(|t| t.bits).max();
                if asked.is_none() || asked == bits {
                    return Ok(Some((network.clone(), made)));
                }
            }
            Ok(None)
        }
    }
}
