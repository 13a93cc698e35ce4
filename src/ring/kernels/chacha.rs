//! ChaCha20 (RFC 8439, with the 64-bit counter and 64-bit stream number of the original design) on
//! several blocks at once, in plain Rust that compilers vectorise.

use super::BlockAt;

/// The key words and constants of a block.
pub(super) const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Column and diagonal rounds: words of each quarter round.
pub(super) const QUARTERS: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// Double rounds of ChaCha20.
pub(super) const DOUBLE_ROUNDS: usize = 10;

/// Blocks worked on together: 128 bits, which every processor has.
const LANES: usize = 4;

type Lanes = [u32; LANES];

/// Writes the block of each position, as little-endian 64-bit words.
pub fn key_stream(key: &[u32; 8], at: &[BlockAt], out: &mut [[u64; 8]]) {
    for (at, out) in at.chunks(LANES).zip(out.chunks_mut(LANES)) {
        let mut state = [[0u32; LANES]; 16];
        for (word, constant) in state.iter_mut().zip(CONSTANTS.iter().chain(key)) {
            *word = [*constant; LANES];
        }
        for (lane, at) in at.iter().enumerate() {
            let tail = [at.counter, at.counter >> 32, at.stream, at.stream >> 32];
            for (word, value) in state[12..].iter_mut().zip(tail) {
                word[lane] = value as u32;
            }
        }
        let first = state;
        for _ in 0..DOUBLE_ROUNDS {
            // Written out, so that the state stays in registers.
            quarter_round::<0>(&mut state);
            quarter_round::<1>(&mut state);
            quarter_round::<2>(&mut state);
            quarter_round::<3>(&mut state);
            quarter_round::<4>(&mut state);
            quarter_round::<5>(&mut state);
            quarter_round::<6>(&mut state);
            quarter_round::<7>(&mut state);
        }
        for (lane, out) in out.iter_mut().enumerate() {
            let word = |i: usize| u64::from(state[i][lane].wrapping_add(first[i][lane]));
            *out = std::array::from_fn(|i| word(2 * i) | word(2 * i + 1) << 32);
        }
    }
}

#[inline(always)]
fn quarter_round<const WHICH: usize>(state: &mut [Lanes; 16]) {
    let [a, b, c, d] = const { QUARTERS[WHICH] };
    state[a] = add(state[a], state[b]);
    state[d] = mix::<16>(state[d], state[a]);
    state[c] = add(state[c], state[d]);
    state[b] = mix::<12>(state[b], state[c]);
    state[a] = add(state[a], state[b]);
    state[d] = mix::<8>(state[d], state[a]);
    state[c] = add(state[c], state[d]);
    state[b] = mix::<7>(state[b], state[c]);
}

#[inline(always)]
fn add(x: Lanes, y: Lanes) -> Lanes {
    std::array::from_fn(|lane| x[lane].wrapping_add(y[lane]))
}

#[inline(always)]
fn mix<const TURN: u32>(x: Lanes, y: Lanes) -> Lanes {
    std::array::from_fn(|lane| (x[lane] ^ y[lane]).rotate_left(TURN))
}
