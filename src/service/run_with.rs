//! The scheme of an offer, as a type.

use super::error::ServiceError;
use engine::{Bfv, Bgv, Ckks, Levelled, Offer, OfferedScheme, Scheme};

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

/// What a client does with the scheme of an offer.
pub(super) trait Job {
    type Output;

    /// Does it with the parameters of each plaintext modulus.
    ///
    /// # Errors
    /// Its own.
    fn run<S: Scheme<Value: Slot>>(
        self,
        parameters: Vec<S::Parameters>,
    ) -> Result<Self::Output, ServiceError>;
}

/// Does `job` with the scheme of `offer`.
///
/// # Errors
/// When the parameters are none or insecure, and those of the job.
pub(super) fn run_with<J: Job>(offer: &Offer, job: J) -> Result<J::Output, ServiceError> {
    match &offer.scheme {
        OfferedScheme::Bgv { ring_degree, primes, plaintext_moduli } => {
            job.run::<Bgv>(OfferedScheme::bgv(*ring_degree, primes, plaintext_moduli)?)
        }
        OfferedScheme::Bfv { ring_degree, primes, plaintext_moduli } => {
            job.run::<Bfv>(OfferedScheme::bfv(*ring_degree, primes, plaintext_moduli)?)
        }
        OfferedScheme::Ckks { ring_degree, moduli, input_scale } => {
            job.run::<Ckks>(vec![OfferedScheme::ckks(*ring_degree, moduli, input_scale)?])
        }
        OfferedScheme::Levelled(offered) => {
            job.run::<Levelled>(vec![OfferedScheme::levelled(offered)?])
        }
        #[cfg(feature = "tfhe")]
        OfferedScheme::Tfhe(offered) => {
            let made = offered.parameters();
            let parameters = made.map_err(|e| ServiceError::Refused(format!("offer: {e}")))?;
            job.run::<engine::Tables>(vec![(parameters, offered.clone())])
        }
    }
}
