//! Residues on the wire: each word in exactly as many bits as its modulus has.

/// Bytes that `count` words of `bits` bits take.
pub fn packed_len(count: usize, bits: u32) -> usize {
    // Eight words are `bits` bytes: no product is larger than the length itself.
    count / 8 * bits as usize + (count % 8 * bits as usize).div_ceil(8)
}

/// Appends `words`, each below `2^bits`, little-endian bit by bit.
pub fn pack_words(words: &[u64], bits: u32, out: &mut Vec<u8>) {
    out.reserve(packed_len(words.len(), bits));
    let mut pending = 0u128;
    let mut filled = 0;
    for &word in words {
        pending |= u128::from(word) << filled;
        filled += bits;
        while filled >= 8 {
            out.push(pending as u8);
            pending >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        out.push(pending as u8);
    }
}

/// Reads `count` words of `bits` bits, all below `limit`; `None` when `bytes` has not exactly the
/// packed length, a word is too large, or the unused last bits are not zero.
pub fn unpack_words(bytes: &[u8], count: usize, bits: u32, limit: u64) -> Option<Vec<u64>> {
    if bytes.len() != packed_len(count, bits) {
        return None;
    }
    let mut words = Vec::with_capacity(count);
    let mut pending = 0u128;
    let mut filled = 0;
    let mut bytes = bytes.iter();
    for _ in 0..count {
        while filled < bits {
            pending |= u128::from(*bytes.next()?) << filled;
            filled += 8;
        }
        let word = (pending & ((1u128 << bits) - 1)) as u64;
        if word >= limit {
            return None;
        }
        words.push(word);
        pending >>= bits;
        filled -= bits;
    }
    (pending == 0).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_survive_a_round_trip(bits in 2u32..=60, words in prop::collection::vec(any::<u64>(), 0..70)) {
            let words: Vec<u64> = words.iter().map(|w| w >> (64 - bits)).collect();
            let mut bytes = Vec::new();
            pack_words(&words, bits, &mut bytes);
            prop_assert_eq!(bytes.len(), packed_len(words.len(), bits));
            prop_assert_eq!(unpack_words(&bytes, words.len(), bits, 1 << bits), Some(words.clone()));
            if !bytes.is_empty() {
                prop_assert_eq!(unpack_words(&bytes[1..], words.len(), bits, 1 << bits), None);
            }
        }
    }

    #[test]
    fn lengths_are_whole_bytes_and_do_not_overflow_where_their_bits_would() {
        for count in 0..40_usize {
            for bits in 1..=64 {
                assert_eq!(packed_len(count, bits), (count * bits as usize).div_ceil(8));
            }
        }
        assert_eq!(packed_len(usize::MAX / 8, 8), usize::MAX / 8);
    }

    #[test]
    fn words_over_the_limit_and_stray_bits_are_refused() {
        let mut bytes = Vec::new();
        pack_words(&[5, 6, 7], 3, &mut bytes);
        assert_eq!(unpack_words(&bytes, 3, 3, 8), Some(vec![5, 6, 7]));
        assert_eq!(unpack_words(&bytes, 3, 3, 7), None);
        *bytes.last_mut().unwrap() |= 0x80;
        assert_eq!(unpack_words(&bytes, 3, 3, 8), None);
    }
}
