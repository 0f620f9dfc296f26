//! A random generator whose numbers are the same on every machine and in every version, so that a
//! stored seed repeats a stored order.

/// The name of the algorithms, to be stored beside a seed.
pub const ALGORITHM: &str = "xoshiro256** seeded by SplitMix64";

/// xoshiro256** by Blackman & Vigna (public domain, <https://prng.di.unimi.it/>). Not for secrets.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A generator whose state is filled from `seed` by SplitMix64, as its authors recommend.
    pub fn from_seed(seed: u64) -> Self {
        let mut counter = seed;
        Self {
            state: std::array::from_fn(|_| split_mix(&mut counter)),
        }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A whole number from 0 up to but not including `bound`, without bias: 64 bits are multiplied
    /// up to the bound and the few that would be drawn too often are drawn again (Lemire 2019).
    /// 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let surplus = bound.wrapping_neg().checked_rem(bound).unwrap_or(0);
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= surplus {
                return (product >> 64) as u64;
            }
        }
    }

    /// A number from 0 up to but not including 1, a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from the standard normal distribution, by Box & Muller's transformation.
    pub fn standard_normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Puts `items` into random order, every order being equally likely (Fisher & Yates, from the end).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            items.swap(last, chosen);
        }
    }
}

fn split_mix(counter: &mut u64) -> u64 {
    *counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *counter;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantile::mean;

    #[test]
    fn the_published_numbers_come_out() {
        let mut random = Random {
            state: [1, 2, 3, 4],
        };
        let found: Vec<u64> = (0..4).map(|_| random.next_u64()).collect();
        assert_eq!(found, [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240]);
        let mut counter = 1_234_567;
        assert_eq!(split_mix(&mut counter), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut counter), 3_203_168_211_198_807_973);
    }

    #[test]
    fn an_order_is_repeated_by_its_seed() {
        let order = |seed| {
            let mut items: Vec<u32> = (0..8).collect();
            Random::from_seed(seed).shuffle(&mut items);
            items
        };
        assert_eq!(order(42), order(42));
        assert_ne!(order(42), order(43));
        // Recorded: a stored seed must give the stored order for ever.
        assert_eq!(order(42), RECORDED);
    }
    const RECORDED: [u32; 8] = [7, 1, 6, 3, 5, 4, 2, 0];

    #[test]
    fn every_order_is_equally_likely() {
        let mut random = Random::from_seed(7);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = [0_u8, 1, 2, 3];
            random.shuffle(&mut items);
            *seen.entry(items).or_insert(0_i32) += 1;
        }
        assert_eq!(seen.len(), 24);
        // Six standard deviations of a count whose mean is 1000.
        assert!(
            seen.values().all(|count| (count - 1_000).abs() < 190),
            "{seen:?}"
        );
    }

    #[test]
    fn numbers_stay_in_their_ranges() {
        let mut random = Random::from_seed(3);
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
        assert!((0..1_000).all(|_| random.below(6) < 6));
        assert!((0..1_000).all(|_| (0.0..1.0).contains(&random.uniform())));
        let normal: Vec<f64> = (0..20_000).map(|_| random.standard_normal()).collect();
        let squares: Vec<f64> = normal.iter().map(|value| value * value).collect();
        assert!(mean(&normal).unwrap().abs() < 0.04);
        assert!((mean(&squares).unwrap() - 1.0).abs() < 0.06);
        let mut nothing: [u8; 0] = [];
        random.shuffle(&mut nothing);
    }
}
