//! Which recipes come with the program.

use super::recipe::Recipe;
use super::{recipes, table_recipes};

impl Recipe {
    /// Names of the recipes that come with the program.
    pub const NAMES: [&'static str; 9] = [
        "digits",
        "digits-relu",
        "hospital",
        "cryptonets",
        "cryptodl-relu",
        "digits-table",
        "hospital-table",
        "mnist-mlp",
        "deep",
    ];

    /// The recipe of that name, if there is one.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "digits" => Some(recipes::digits()),
            "digits-relu" => Some(recipes::digits_relu()),
            "hospital" => Some(recipes::hospital()),
            "cryptonets" => Some(recipes::cryptonets()),
            "cryptodl-relu" => Some(recipes::cryptodl_relu()),
            "digits-table" => Some(table_recipes::digits_table()),
            "hospital-table" => Some(table_recipes::hospital_table()),
            "mnist-mlp" => Some(table_recipes::mnist_mlp()),
            "deep" => Some(table_recipes::deep()),
            "cryptodl" => recipes::cryptodl(),
            _ => None,
        }
    }
}
