//! Residues on the wire: each word in exactly as many bits as its modulus has.

/// Bytes that `count` words of `bits` bits take.
pub fn packed_len(count: usize, bits: u32) -> usize {
    // Eight words are `bits` bytes: no product is larger than the length itself.
    count / 8 * bits as usize + (count % 8 * bits as usize).div_ceil(8)
}

/// Writes `words`, each below `2^bits`, little-endian bit by bit over all of `out`, which is
/// [`packed_len`] long. `bits` is at most 60.
pub fn pack_words(words: &[u64], bits: u32, out: &mut [u8]) {
    let mut pending = 0u64;
    let mut filled = 0;
    let (eights, rest) = out.as_chunks_mut::<8>();
    let mut eights = eights.iter_mut();
    for &word in words {
        pending |= word << filled;
        filled += bits;
        if filled >= 64 {
            filled -= 64;
            let whole = pending.to_le_bytes();
            // No shift by 64: the word ended with the eight bytes where nothing is left of it.
            pending = if filled > 0 { word >> (bits - filled) } else { 0 };
            if let Some(out) = eights.next() {
                *out = whole;
            }
        }
    }
    let last = pending.to_le_bytes();
    match eights.next() {
        Some(out) => *out = last,
        None => rest.iter_mut().zip(last).for_each(|(out, byte)| *out = byte),
    }
}

/// Reads `words.len()` words of `bits` bits, all below `limit`, into `words`; whether that worked: not
/// when `bytes` has not exactly the packed length, a word is too large, or the unused last bits are not
/// zero. `bits` is at most 60.
pub fn unpack_words(bytes: &[u8], bits: u32, limit: u64, words: &mut [u64]) -> bool {
    if bytes.len() != packed_len(words.len(), bits) {
        return false;
    }
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut tail = [0; 8];
    tail.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let mut eights = eights.iter().chain([&tail]).map(|eight| u64::from_le_bytes(*eight));
    let mask = (1u64 << bits) - 1;
    let mut pending = 0u64;
    let mut filled = 0;
    let mut fits = true;
    for word in words {
        let mut value = pending;
        if filled < bits {
            let next = eights.next().unwrap_or(0);
            value |= next << filled;
            pending = next >> (bits - filled);
            filled += 64 - bits;
        } else {
            pending >>= bits;
            filled -= bits;
        }
        *word = value & mask;
        fits &= *word < limit;
    }
    fits && pending == 0 && eights.all(|eight| eight == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_survive_a_round_trip(bits in 2u32..=60, words in prop::collection::vec(any::<u64>(), 0..70)) {
            let words: Vec<u64> = words.iter().map(|w| w >> (64 - bits)).collect();
            let bytes = packed(&words, bits);
            // Bit i of the bytes is bit i % bits of word i / bits.
            let bit = |i: usize| bytes.get(i / 8).map_or(0, |b| b >> (i % 8) & 1);
            for (at, word) in words.iter().enumerate() {
                let found = (0..bits as usize).map(|b| u64::from(bit(at * bits as usize + b)) << b);
                prop_assert_eq!(found.sum::<u64>(), *word);
            }
            prop_assert_eq!(unpacked(&bytes, words.len(), bits, 1 << bits), Some(words.clone()));
            if !bytes.is_empty() {
                prop_assert_eq!(unpacked(&bytes[1..], words.len(), bits, 1 << bits), None);
            }
        }
    }

    fn packed(words: &[u64], bits: u32) -> Vec<u8> {
        let mut bytes = vec![0; packed_len(words.len(), bits)];
        pack_words(words, bits, &mut bytes);
        bytes
    }

    fn unpacked(bytes: &[u8], count: usize, bits: u32, limit: u64) -> Option<Vec<u64>> {
        let mut words = vec![0; count];
        unpack_words(bytes, bits, limit, &mut words).then_some(words)
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
        let mut bytes = packed(&[5, 6, 7], 3);
        assert_eq!(unpacked(&bytes, 3, 3, 8), Some(vec![5, 6, 7]));
        assert_eq!(unpacked(&bytes, 3, 3, 7), None);
        *bytes.last_mut().unwrap() |= 0x80;
        assert_eq!(unpacked(&bytes, 3, 3, 8), None);
    }
}
