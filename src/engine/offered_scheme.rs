//! The scheme of an offer: parameters that both sides compute with, and the scheme as a type.

use super::bfv::Bfv;
use super::bgv::Bgv;
use super::ckks::{Ckks, CkksOffered};
use super::encoding::Encoding;
use super::levelled::{Levelled, LevelledKnown, LevelledOffered};
use super::offer_error::OfferError;
use super::scheme::Scheme;
use circuit::Program;
use network::recurrent::{SequenceEncoding, Shorter};
use ring::{Basis, Modulus};
use scheme::bfv::BfvParameters;
use scheme::bgv::BgvParameters;
use scheme::ckks::{CkksModuli, CkksParameters, Scale};
use serde::{Deserialize, Serialize};

/// Parameters that both sides compute with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OfferedScheme {
    Bgv {
        ring_degree: usize,
        primes: Vec<u64>,
        plaintext_moduli: Vec<u64>,
    },
    Bfv {
        ring_degree: usize,
        primes: Vec<u64>,
        plaintext_moduli: Vec<u64>,
    },
    Ckks {
        ring_degree: usize,
        moduli: CkksModuli,
        input_scale: Scale,
    },
    /// A recurrent network on one modulus chain of CKKS.
    Levelled(LevelledOffered),
    #[cfg(feature = "tfhe")]
    Tfhe(super::TablesOffered),
}

impl OfferedScheme {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bgv { .. } => "BGV",
            Self::Bfv { .. } => "BFV",
            Self::Ckks { .. } => "CKKS",
            Self::Levelled(_) => "CKKS, one modulus chain for all steps",
            #[cfg(feature = "tfhe")]
            Self::Tfhe(_) => "TFHE",
        }
    }

    /// Samples of one message.
    pub fn slots(&self) -> usize {
        match self {
            Self::Bgv { ring_degree, .. }
            | Self::Bfv { ring_degree, .. }
            | Self::Ckks { ring_degree, .. } => *ring_degree,
            Self::Levelled(offered) => offered.ring_degree,
            // As many messages as samples.
            #[cfg(feature = "tfhe")]
            Self::Tfhe(_) => 1,
        }
    }
}

impl OfferedScheme {
    /// Why it does not go with an encoding, where it does not.
    pub(super) fn fault(&self, encoding: &Encoding) -> Option<String> {
        let of = |s: &SequenceEncoding| (s.shorter == Shorter::Shown, s.grid.is_some());
        let fits = match (self, encoding.sequences()) {
            (Self::Levelled(levelled), Some(sequences)) => {
                if let Some(fault) = levelled.fault(sequences.steps) {
                    return Some(fault);
                }
                of(sequences) == (false, false)
            }
            #[cfg(feature = "tfhe")]
            (Self::Tfhe(_), Some(sequences)) => of(sequences) == (true, true),
            (Self::Levelled(_), None) => false,
            (_, sequences) => sequences.is_none(),
        };
        (!fits).then(|| "an encoding that its scheme does not take".into())
    }

    /// That of a program on integers.
    pub fn exact(program: &Program, ring_degree: usize, plaintext_moduli: Vec<u64>) -> Self {
        let primes = |basis: Option<&Basis>| {
            let basis = basis.into_iter();
            basis.flat_map(|b| (0..b.primes()).map(move |j| b.modulus(j).value())).collect()
        };
        match program {
            Program::Bgv(program) => {
                let primes = primes(program.parameters.first().map(|p| p.basis()));
                Self::Bgv { ring_degree, primes, plaintext_moduli }
            }
            Program::Bfv(program) => {
                let primes = primes(program.parameters.first().map(|p| p.basis()));
                Self::Bfv { ring_degree, primes, plaintext_moduli }
            }
        }
    }

    /// Plaintext moduli of exact schemes; none of others.
    pub fn plaintext_moduli(&self) -> Vec<Modulus> {
        match self {
            Self::Bgv { plaintext_moduli, .. } | Self::Bfv { plaintext_moduli, .. } => {
                plaintext_moduli.iter().filter_map(|t| Modulus::new(*t)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Parameters of each plaintext modulus, where the scheme is BGV.
    ///
    /// # Errors
    /// When they are none, or have less than 128 bits of security.
    pub fn bgv(
        ring_degree: usize,
        primes: &[u64],
        moduli: &[u64],
    ) -> Result<Vec<BgvParameters>, OfferError> {
        let each = moduli.iter().map(|t| BgvParameters::new(ring_degree, primes, *t));
        let all = each.collect::<Result<Vec<_>, _>>();
        all.map_err(|e| OfferError::Parameters(e.to_string()))
    }

    /// The same, where it is BFV.
    ///
    /// # Errors
    /// As [`OfferedScheme::bgv`].
    pub fn bfv(
        ring_degree: usize,
        primes: &[u64],
        moduli: &[u64],
    ) -> Result<Vec<BfvParameters>, OfferError> {
        let each = moduli.iter().map(|t| BfvParameters::new(ring_degree, primes, *t));
        let all = each.collect::<Result<Vec<_>, _>>();
        all.map_err(|e| OfferError::Parameters(e.to_string()))
    }

    /// The same, where it is CKKS.
    ///
    /// # Errors
    /// As [`OfferedScheme::bgv`].
    pub fn ckks(
        ring_degree: usize,
        moduli: &CkksModuli,
        scale: &Scale,
    ) -> Result<CkksOffered, OfferError> {
        let parameters = CkksParameters::new(ring_degree, moduli);
        let parameters = parameters.map_err(|e| OfferError::Parameters(e.to_string()))?;
        Ok(CkksOffered { parameters, input_scale: scale.clone() })
    }

    /// The same, where it is a recurrent network on one chain.
    ///
    /// # Errors
    /// As [`OfferedScheme::bgv`].
    pub fn levelled(offered: &LevelledOffered) -> Result<LevelledKnown, OfferError> {
        offered.known().map_err(|e| OfferError::Parameters(e.to_string()))
    }
}

/// A number in a slot.
pub trait Slot: Copy + Send + Sync {
    /// Of an input.
    fn of(input: f64) -> Self;
    /// As an output.
    fn real(self) -> f64;
    /// As a residue.
    fn residue(self) -> i64;
}

impl Slot for i64 {
    fn of(input: f64) -> Self {
        input as Self
    }

    fn real(self) -> f64 {
        self as f64
    }

    fn residue(self) -> i64 {
        self
    }
}

impl Slot for f64 {
    fn of(input: f64) -> Self {
        input
    }

    fn real(self) -> f64 {
        self
    }

    fn residue(self) -> i64 {
        self as i64
    }
}

/// What is done with the scheme of an offer.
pub trait Job {
    type Output;

    /// Does it with the parameters of each plaintext modulus.
    fn run<S: Scheme<Value: Slot>>(self, parameters: Vec<S::Parameters>) -> Self::Output;
}

/// What is done with a program on integers.
pub trait ExactJob {
    type Output;

    /// Does it with the parameters of each plaintext modulus.
    fn run<S: Scheme<Value = i64>>(
        self,
        parameters: Vec<S::Parameters>,
        program: &S::Program,
    ) -> Self::Output;
}

/// Does `job` with the scheme of `program`.
pub fn with_program<J: ExactJob>(program: &Program, job: J) -> J::Output {
    match program {
        Program::Bgv(program) => job.run::<Bgv>(program.parameters.clone(), program),
        Program::Bfv(program) => job.run::<Bfv>(program.parameters.clone(), program),
    }
}

impl OfferedScheme {
    /// Does `job` with it.
    ///
    /// # Errors
    /// When the parameters are none or insecure.
    pub fn run_with<J: Job>(&self, job: J) -> Result<J::Output, OfferError> {
        Ok(match self {
            Self::Bgv { ring_degree, primes, plaintext_moduli } => {
                job.run::<Bgv>(Self::bgv(*ring_degree, primes, plaintext_moduli)?)
            }
            Self::Bfv { ring_degree, primes, plaintext_moduli } => {
                job.run::<Bfv>(Self::bfv(*ring_degree, primes, plaintext_moduli)?)
            }
            Self::Ckks { ring_degree, moduli, input_scale } => {
                job.run::<Ckks>(vec![Self::ckks(*ring_degree, moduli, input_scale)?])
            }
            Self::Levelled(offered) => job.run::<Levelled>(vec![Self::levelled(offered)?]),
            #[cfg(feature = "tfhe")]
            Self::Tfhe(offered) => {
                let made = offered.parameters();
                let parameters = made.map_err(|e| OfferError::Content(e.to_string()))?;
                job.run::<super::Tables>(vec![(parameters, offered.clone())])
            }
        })
    }
}
