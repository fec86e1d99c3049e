//! Arguments of the formats' default output validator, as a comparison.

use super::fields::decimal;
use crate::judge::Compare;

/// The comparison that arguments ask for; the error says which is wrong.
pub(super) fn compare(args: &[String]) -> Result<Compare, String> {
    let (mut case_sensitive, mut space_change_sensitive) = (false, false);
    let (mut absolute, mut relative) = (None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "case_sensitive" => case_sensitive = true,
            "space_change_sensitive" => space_change_sensitive = true,
            "float_tolerance" | "float_absolute_tolerance" | "float_relative_tolerance" => {
                let value =
                    args.next().ok_or_else(|| format!("`{arg}` needs a number after it"))?;
                let number = decimal(value).filter(|number| *number >= 0.0);
                let number =
                    number.ok_or_else(|| format!("`{arg} {value}`: is no number of at least 0"))?;
                let both = arg == "float_tolerance";
                for (wanted, place) in [
                    (both || arg == "float_absolute_tolerance", &mut absolute),
                    (both || arg == "float_relative_tolerance", &mut relative),
                ] {
                    if wanted && place.replace(number).is_some() {
                        return Err(format!("`{arg}`: the tolerance is said twice"));
                    }
                }
            }
            other => {
                return Err(format!(
                    "the default output validator has no argument `{other}`; it has case_sensitive, \
                     space_change_sensitive, float_tolerance, float_absolute_tolerance and float_relative_tolerance"
                ));
            }
        }
    }
    Ok(Compare::Icpc { case_sensitive, space_change_sensitive, absolute, relative })
}

#[cfg(test)]
mod tests {
    use super::compare;
    use crate::judge::Compare;

    fn parse(flags: &str) -> Result<Compare, String> {
        compare(&flags.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn every_flag() {
        let icpc = |case_sensitive, space_change_sensitive, absolute, relative| {
            Ok(Compare::Icpc { case_sensitive, space_change_sensitive, absolute, relative })
        };
        assert_eq!(parse(""), icpc(false, false, None, None));
        assert_eq!(parse("case_sensitive space_change_sensitive"), icpc(true, true, None, None));
        assert_eq!(parse("float_tolerance 1e-6"), icpc(false, false, Some(1e-6), Some(1e-6)));
        assert_eq!(
            parse("float_absolute_tolerance 0.1 float_relative_tolerance 0.01"),
            icpc(false, false, Some(0.1), Some(0.01))
        );
    }

    #[test]
    fn wrong_flags() {
        for (flags, word) in [
            ("float_tolerance", "needs a number"),
            ("float_tolerance x", "no number"),
            ("float_tolerance -1", "no number"),
            ("float_tolerance 1 float_relative_tolerance 1", "twice"),
            ("--fast", "no argument `--fast`"),
        ] {
            assert!(parse(flags).unwrap_err().contains(word), "{flags}");
        }
    }
}
