//! Primes that a transform of length N can use.

fn mul_mod(a: u64, b: u64, m: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(m)) as u64
}

fn pow_mod(mut a: u64, mut e: u64, m: u64) -> u64 {
    let mut result = 1;
    while e > 0 {
        if e & 1 == 1 {
            result = mul_mod(result, a, m);
        }
        a = mul_mod(a, a, m);
        e >>= 1;
    }
    result
}

/// Whether `n` is prime, for every 64-bit `n`: Miller-Rabin with the first twelve primes as bases
/// (Sorenson and Webster 2015, doi 10.1090/mcom/3134: right below 3.3e24).
pub fn is_prime(n: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if n < 2 {
        return false;
    }
    if let Some(p) = BASES.iter().find(|&&p| n.is_multiple_of(p)) {
        return n == *p;
    }
    let twos = (n - 1).trailing_zeros();
    let odd = (n - 1) >> twos;
    BASES.iter().all(|&base| {
        let mut x = pow_mod(base, odd, n);
        if x == 1 || x == n - 1 {
            return true;
        }
        (1..twos).any(|_| {
            x = mul_mod(x, x, n);
            x == n - 1
        })
    })
}

/// The `count` largest primes below `2^bits` that are 1 modulo `2 n` and not in `taken`, largest
/// first; fewer when there are not so many above `2^(bits-1)`. `n` is a power of two.
pub fn ntt_primes(bits: u32, n: usize, count: usize, taken: &[u64]) -> Vec<u64> {
    let step = 2 * n as u64;
    let mut candidate = (1u64 << bits) - step + 1;
    let mut found = Vec::with_capacity(count);
    while found.len() < count && candidate >> (bits - 1) == 1 {
        if is_prime(candidate) && !taken.contains(&candidate) {
            found.push(candidate);
        }
        candidate -= step;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_trial_division() {
        let by_division =
            |n: u64| n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
        for n in (0..2000).chain(1_000_000..1_000_400) {
            assert_eq!(is_prime(n), by_division(n), "{n}");
        }
        assert!(is_prime(u64::MAX - 58));
        assert!(!is_prime(3_215_031_751), "strong pseudoprime to 2, 3, 5 and 7");
        assert!(
            !is_prime(3_825_123_056_546_413_051),
            "strong pseudoprime to the first nine primes"
        );
    }

    #[test]
    fn found_primes_are_what_was_asked_for() {
        for (bits, n) in [(20, 1024), (30, 4096), (48, 8192), (50, 32_768)] {
            let primes = ntt_primes(bits, n, 4, &[]);
            assert_eq!(primes.len(), 4);
            for q in &primes {
                assert!(is_prime(*q) && q % (2 * n as u64) == 1 && q >> (bits - 1) == 1);
            }
            assert_eq!(ntt_primes(bits, n, 1, &primes[..1]), primes[1..2]);
        }
    }

    #[test]
    fn too_few_primes_give_a_short_list() {
        assert!(ntt_primes(17, 32_768, 4, &[]).len() < 4);
    }
}
