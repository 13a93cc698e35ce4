//! What accuracy is drawn against in a sweep.

use study::SweepRow;

/// What accuracy is drawn against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepAxis {
    Degree,
    Depth,
    Error,
    Latency,
    RingDegree,
    Modulus,
    Margin,
    Upload,
    Memory,
}

impl SweepAxis {
    /// The axes of the second plot.
    pub const COSTS: [Self; 8] = [
        Self::Latency,
        Self::RingDegree,
        Self::Modulus,
        Self::Margin,
        Self::Upload,
        Self::Memory,
        Self::Error,
        Self::Depth,
    ];

    /// Name of the axis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Degree => "degree",
            Self::Depth => "depth",
            Self::Error => "largest error",
            Self::Latency => "time of all samples",
            Self::RingDegree => "ring degree N",
            Self::Modulus => "log2 q",
            Self::Margin => "least noise margin",
            Self::Upload => "bytes up, all samples",
            Self::Memory => "peak memory",
        }
    }

    /// Whether it is drawn as a logarithm.
    pub fn is_logarithmic(self) -> bool {
        use SweepAxis::{Error, Latency, Memory, RingDegree, Upload};
        matches!(self, Error | Latency | RingDegree | Upload | Memory)
    }

    /// Whether more of it is better, as of nothing that is paid.
    pub fn is_gain(self) -> bool {
        self == Self::Margin
    }

    /// Where a row lies on it: as measured where it was, as predicted otherwise.
    pub fn position(self, row: &SweepRow) -> Option<f64> {
        let (found, planned) = (row.encrypted.as_ref(), row.predicted.as_ref());
        let value = match self {
            Self::Degree => row.degree as f64,
            Self::Depth => row.fit.as_ref()?.depth as f64,
            Self::Error => row.fit.as_ref()?.error_max,
            Self::Latency => found.map(|r| r.latency_secs).or(planned.map(|c| c.latency_secs))?,
            Self::RingDegree => planned?.ring_degree as f64,
            Self::Modulus => planned?.log2_q,
            Self::Margin => found.and_then(|r| r.margin_bits).or(planned.map(|c| c.margin_bits))?,
            Self::Upload => {
                found.map(|r| r.upload_bytes).or(planned.map(|c| c.upload_bytes))? as f64
            }
            Self::Memory => {
                let found = found.map(|r| r.peak_memory_bytes).filter(|bytes| *bytes > 0);
                found.or(planned.map(|c| c.peak_memory_bytes))? as f64
            }
        };
        let position = if self.is_logarithmic() { value.log10() } else { value };
        position.is_finite().then_some(position)
    }
}
