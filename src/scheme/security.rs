//! How large a modulus may be: the table every parameter set is held against.

/// Ring degree and the largest `log2(Q P)` for 128, 192 and 256 bits of classical security, uniform
/// ternary secret, error standard deviation 3.19 or more.
///
/// Table 5.2 of Bossuat et al., "Security Guidelines for Implementing Homomorphic Encryption",
/// IACR Communications in Cryptology 2024, eprint 2024/463.
const TERNARY_CLASSICAL_2024: [(usize, [u32; 3]); 7] = [
    (2048, [53, 36, 27]),
    (4096, [106, 73, 56]),
    (8192, [214, 147, 114]),
    (16_384, [430, 297, 230]),
    (32_768, [868, 597, 462]),
    (65_536, [1747, 1199, 929]),
    (131_072, [3523, 2411, 1866]),
];

const LEVELS: [u32; 3] = [128, 192, 256];

/// The least security any parameter set may have, bits.
pub const MIN_SECURITY_BITS: u32 = 128;

/// Name of the table, to be printed beside every level read from it.
pub const TABLE: &str = "Security Guidelines 2024 (eprint 2024/463), table 5.2, ternary, classical";

/// The same of BFV, whose secrets and errors its library draws from one binomial distribution.
pub const TABLE_OF_BINOMIAL_SECRETS: &str = "Security Guidelines 2024 (eprint 2024/463), table 5.2, classical; secrets and errors binomial, variance 10";

/// Ring degrees in the table.
pub fn ring_degrees() -> impl Iterator<Item = usize> {
    TERNARY_CLASSICAL_2024.iter().map(|(n, _)| *n)
}

/// The largest `log2(Q P)`, special primes included, that `n` carries at 128 bits.
pub fn max_log2_qp(n: usize) -> Option<u32> {
    TERNARY_CLASSICAL_2024.iter().find(|(degree, _)| *degree == n).map(|(_, max)| max[0])
}

/// The highest of 128, 192 and 256 bits that `log2_qp` bits of modulus keep at ring degree `n`;
/// 0 when it is under 128 or `n` is not in the table.
pub fn security_bits(n: usize, log2_qp: f64) -> u32 {
    let Some((_, max)) = TERNARY_CLASSICAL_2024.iter().find(|(degree, _)| *degree == n) else {
        return 0;
    };
    let reached = max.iter().zip(LEVELS).filter(|(max, _)| log2_qp <= f64::from(**max));
    reached.map(|(_, level)| level).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_end_exactly_where_the_table_says() {
        assert_eq!(security_bits(8192, 214.0), 128);
        assert_eq!(security_bits(8192, 214.01), 0);
        assert_eq!(security_bits(8192, 147.0), 192);
        assert_eq!(security_bits(8192, 114.0), 256);
        assert_eq!(security_bits(4096, 109.0), 0, "the 2018 table allowed 109");
        assert_eq!(security_bits(1000, 10.0), 0);
        assert_eq!(max_log2_qp(16_384), Some(430));
    }

    #[test]
    fn more_security_needs_a_smaller_modulus_and_a_larger_ring_carries_more() {
        let mut last = [0; 3];
        for (_, max) in TERNARY_CLASSICAL_2024 {
            assert!(max[0] > max[1] && max[1] > max[2]);
            assert!(max.iter().zip(last).all(|(now, before)| *now > before));
            last = max;
        }
    }
}
