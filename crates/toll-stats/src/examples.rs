//! Published samples that more than one test works through.

/// Depression scale of nine patients before and after, Hollander & Wolfe table 3.1.
pub(crate) const DIFFERENCES: [f64; 9] = [
    -0.952, 0.147, -1.022, -0.43, -0.62, -0.59, -0.49, 0.08, -0.01,
];
