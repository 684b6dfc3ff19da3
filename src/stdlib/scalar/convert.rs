//! Units of measure turned into one another. It must not know conversions between types.
//!
//! The engine's factors for some customary and astronomical units are rounded in ways that are not known; those
//! units have the factors of their definitions, in doubt. The other factors are exact by definition, or confirmed by a
//! recorded answer.

use crate::column::Column;
use crate::function::kinds::{REAL, STRING, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, Signature, signatures};
use crate::types::{ScalarType, Value};

/// A unit: `base = value * factor + offset`.
type Unit = (&'static str, f64, f64);

/// An entry and its signature.
macro_rules! conversions {
    ($($name:literal, $names:ident, $units:ident, $what:literal, $query:literal => $result:literal;)*) => {
        &[$(ScalarFunction {
            name: $name,
            category: Category::Math,
            summary: concat!($what, " in another unit; null for a unit that does not exist."),
            signatures: {
                const IT: &[Signature] = signatures![
                    (value: REAL, from: STRING.one_of($names), to: STRING.one_of($names)) -> returns::REAL
                ];
                IT
            },
            kernel: Kernel::Rows(|call| convert(call, $names, $units)),
            examples: &[Example { query: $query, result: $result }],
            ..ScalarFunction::DEFAULT
        }),*]
    };
}

pub(super) const FUNCTIONS: &[ScalarFunction] = conversions![
    "convert_angle", ANGLE, ANGLES, "An angle", "round(convert_angle(1.2, 'Degree', 'Arcminute'), 9)" => "72.0";
    "convert_energy", ENERGY, ENERGIES, "An energy", "convert_energy(2, 'KilowattHour', 'Megajoule')" => "7.2";
    "convert_force", FORCE, FORCES, "A force", "convert_force(1.2, 'Newton', 'Decanewton')" => "0.12";
    "convert_length", LENGTH, LENGTHS, "A length", "convert_length(1, 'Foot', 'Meter')" => "0.3048";
    "convert_mass", MASS, MASSES, "A mass", "round(convert_mass(1.2, 'Kilogram', 'Pound'), 9)" => "2.645547146";
    "convert_speed", SPEED, SPEEDS, "A speed",
        "round(convert_speed(1.2, 'MeterPerSecond', 'CentimeterPerHour'), 6)" => "432000.0";
    "convert_temperature", TEMPERATURE, TEMPERATURES, "A temperature",
        "round(convert_temperature(1.2, 'Kelvin', 'DegreeCelsius'), 9)" => "-271.95";
    "convert_volume", VOLUME, VOLUMES, "A volume", "convert_volume(1.5, 'CubicMeter', 'Liter')" => "1500.0";
];

fn convert(call: &Call<'_>, names: &[&str], units: &[Unit]) -> Result<Column> {
    let value = |row: &[Value], at: usize| row.get(at).cloned().unwrap_or_default();
    call.map_values(|row| {
        // `None` for a unit that does not exist.
        let unit = |at: usize| {
            let name = value(row, at);
            let name = name.as_str().unwrap_or_default();
            names.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
        };
        let (Some(from), Some(to)) = (unit(1), unit(2)) else { return Ok(Value::Null) };
        let Value::Real(number) = value(row, 0).convert(ScalarType::Real) else { return Ok(Value::Null) };
        if let Some(odd) = [from, to].into_iter().find(|name| find(units, name).is_none()) {
            if find(BY_DEFINITION, odd).is_none() {
                call.doubt("a unit that is no multiple of another one", "the result is null", odd)?;
            } else if from != to {
                call.doubt(
                    "a unit whose factor in the engine is not known",
                    "it has that of its definition",
                    odd,
                )?;
            }
        }
        let factor = |name: &str| find(units, name).or_else(|| find(BY_DEFINITION, name));
        let (Some(from), Some(to)) = (factor(from), factor(to)) else { return Ok(Value::Null) };
        Ok(Value::Real((number * from.1 + from.2 - to.2) / to.1))
    })
}

fn find<'u>(units: &'u [Unit], name: &str) -> Option<&'u Unit> {
    units.iter().find(|unit| unit.0 == name)
}

use std::f64::consts::PI;

/// In radians.
const ANGLES: &[Unit] = &[
    ("Arcminute", PI / 10_800.0, 0.0),
    ("Arcsecond", PI / 648_000.0, 0.0),
    ("Centiradian", 1e-2, 0.0),
    ("Deciradian", 1e-1, 0.0),
    ("Degree", PI / 180.0, 0.0),
    ("Gradian", PI / 200.0, 0.0),
    ("Microdegree", PI / 180e6, 0.0),
    ("Microradian", 1e-6, 0.0),
    ("Millidegree", PI / 180e3, 0.0),
    ("Milliradian", 1e-3, 0.0),
    ("Nanodegree", PI / 180e9, 0.0),
    ("Nanoradian", 1e-9, 0.0),
    ("NatoMil", PI / 3200.0, 0.0),
    ("Radian", 1.0, 0.0),
    ("Revolution", 2.0 * PI, 0.0),
];

/// In joules.
const ENERGIES: &[Unit] = &[
    ("BritishThermalUnit", 1_055.055_852_62, 0.0),
    ("Calorie", 4.184, 0.0),
    ("Erg", 1e-7, 0.0),
    ("GigabritishThermalUnit", 1_055.055_852_62e9, 0.0),
    ("Gigajoule", 1e9, 0.0),
    ("GigawattDay", 8.64e13, 0.0),
    ("GigawattHour", 3.6e12, 0.0),
    ("Joule", 1.0, 0.0),
    ("KilobritishThermalUnit", 1_055.055_852_62e3, 0.0),
    ("Kilocalorie", 4_184.0, 0.0),
    ("Kilojoule", 1e3, 0.0),
    ("KilowattDay", 8.64e7, 0.0),
    ("KilowattHour", 3.6e6, 0.0),
    ("MegabritishThermalUnit", 1_055.055_852_62e6, 0.0),
    ("Megacalorie", 4.184e6, 0.0),
    ("Megajoule", 1e6, 0.0),
    ("MegawattDay", 8.64e10, 0.0),
    ("MegawattHour", 3.6e9, 0.0),
    ("Millijoule", 1e-3, 0.0),
    ("TerawattDay", 8.64e16, 0.0),
    ("TerawattHour", 3.6e15, 0.0),
    ("WattDay", 86_400.0, 0.0),
    ("WattHour", 3_600.0, 0.0),
];

/// In newtons.
const FORCES: &[Unit] = &[
    ("Decanewton", 10.0, 0.0),
    ("Dyn", 1e-5, 0.0),
    ("Kilonewton", 1e3, 0.0),
    ("KilopoundForce", 4_448.221_615_260_5, 0.0),
    ("Meganewton", 1e6, 0.0),
    ("Micronewton", 1e-6, 0.0),
    ("Millinewton", 1e-3, 0.0),
    ("Newton", 1.0, 0.0),
    ("PoundForce", 4.448_221_615_260_5, 0.0),
];

/// In meters.
const LENGTHS: &[Unit] = &[
    ("Angstrom", 1e-10, 0.0),
    ("Centimeter", 1e-2, 0.0),
    ("Chain", 20.116_8, 0.0),
    ("Decameter", 10.0, 0.0),
    ("Decimeter", 1e-1, 0.0),
    ("Fathom", 1.828_8, 0.0),
    ("Foot", 0.304_8, 0.0),
    ("Hand", 0.101_6, 0.0),
    ("Hectometer", 100.0, 0.0),
    ("Inch", 0.025_4, 0.0),
    ("Kilometer", 1e3, 0.0),
    ("Meter", 1.0, 0.0),
    ("Microinch", 2.54e-8, 0.0),
    ("Micrometer", 1e-6, 0.0),
    ("Mil", 2.54e-5, 0.0),
    ("Millimeter", 1e-3, 0.0),
    ("Nanometer", 1e-9, 0.0),
    ("NauticalMile", 1_852.0, 0.0),
    ("Shackle", 27.432, 0.0),
    ("UsSurveyFoot", 1200.0 / 3937.0, 0.0),
    ("Yard", 0.914_4, 0.0),
];

/// In kilograms.
const MASSES: &[Unit] = &[
    ("Centigram", 1e-5, 0.0),
    ("Decagram", 1e-2, 0.0),
    ("Decigram", 1e-4, 0.0),
    ("Gram", 1e-3, 0.0),
    ("Hectogram", 1e-1, 0.0),
    ("Kilogram", 1.0, 0.0),
    ("Kilopound", 453.592_37, 0.0),
    ("Kilotonne", 1e6, 0.0),
    ("LongTon", 1_016.046_908_8, 0.0),
    ("Megapound", 453_592.37, 0.0),
    ("Megatonne", 1e9, 0.0),
    ("Microgram", 1e-9, 0.0),
    ("Milligram", 1e-6, 0.0),
    ("Nanogram", 1e-12, 0.0),
    ("Pound", 0.453_592_37, 0.0),
    ("ShortTon", 907.184_74, 0.0),
    ("Tonne", 1e3, 0.0),
];

/// In meters per second.
const SPEEDS: &[Unit] = &[
    ("CentimeterPerHour", 1e-2 / 3600.0, 0.0),
    ("CentimeterPerMinute", 1e-2 / 60.0, 0.0),
    ("CentimeterPerSecond", 1e-2, 0.0),
    ("DecimeterPerMinute", 1e-1 / 60.0, 0.0),
    ("DecimeterPerSecond", 1e-1, 0.0),
    ("FootPerHour", 0.304_8 / 3600.0, 0.0),
    ("FootPerMinute", 0.304_8 / 60.0, 0.0),
    ("FootPerSecond", 0.304_8, 0.0),
    ("InchPerHour", 0.025_4 / 3600.0, 0.0),
    ("InchPerMinute", 0.025_4 / 60.0, 0.0),
    ("InchPerSecond", 0.025_4, 0.0),
    ("KilometerPerHour", 1e3 / 3600.0, 0.0),
    ("KilometerPerMinute", 1e3 / 60.0, 0.0),
    ("KilometerPerSecond", 1e3, 0.0),
    ("MeterPerHour", 1.0 / 3600.0, 0.0),
    ("MeterPerMinute", 1.0 / 60.0, 0.0),
    ("MeterPerSecond", 1.0, 0.0),
    ("MicrometerPerMinute", 1e-6 / 60.0, 0.0),
    ("MicrometerPerSecond", 1e-6, 0.0),
    ("MilePerHour", 0.447_04, 0.0),
    ("MillimeterPerHour", 1e-3 / 3600.0, 0.0),
    ("MillimeterPerMinute", 1e-3 / 60.0, 0.0),
    ("MillimeterPerSecond", 1e-3, 0.0),
    ("NanometerPerMinute", 1e-9 / 60.0, 0.0),
    ("NanometerPerSecond", 1e-9, 0.0),
    ("UsSurveyFootPerHour", 1200.0 / 3937.0 / 3600.0, 0.0),
    ("UsSurveyFootPerMinute", 1200.0 / 3937.0 / 60.0, 0.0),
    ("UsSurveyFootPerSecond", 1200.0 / 3937.0, 0.0),
    ("YardPerHour", 0.914_4 / 3600.0, 0.0),
    ("YardPerMinute", 0.914_4 / 60.0, 0.0),
    ("YardPerSecond", 0.914_4, 0.0),
];

/// In kelvins.
const TEMPERATURES: &[Unit] = &[
    ("DegreeCelsius", 1.0, 273.15),
    ("DegreeDelisle", -2.0 / 3.0, 373.15),
    ("DegreeFahrenheit", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("DegreeNewton", 100.0 / 33.0, 273.15),
    ("DegreeRankine", 5.0 / 9.0, 0.0),
    ("DegreeReaumur", 5.0 / 4.0, 273.15),
    ("DegreeRoemer", 40.0 / 21.0, 273.15 - 7.5 * 40.0 / 21.0),
    ("Kelvin", 1.0, 0.0),
    ("MillidegreeCelsius", 1e-3, 273.15),
];

/// In cubic meters.
const VOLUMES: &[Unit] = &[
    ("AcreFoot", 1.0 / 0.000_810_714, 0.0),
    ("Centiliter", 1e-5, 0.0),
    ("CubicCentimeter", 1e-6, 0.0),
    ("CubicDecimeter", 1e-3, 0.0),
    ("CubicHectometer", 1e6, 0.0),
    ("CubicKilometer", 1e9, 0.0),
    ("CubicMeter", 1.0, 0.0),
    ("CubicMicrometer", 1e-18, 0.0),
    ("CubicMillimeter", 1e-9, 0.0),
    ("Decaliter", 1e-2, 0.0),
    ("Deciliter", 1e-4, 0.0),
    ("HectocubicMeter", 100.0, 0.0),
    ("Hectoliter", 1e-1, 0.0),
    ("KilocubicMeter", 1e3, 0.0),
    ("Kiloliter", 1.0, 0.0),
    ("Liter", 1e-3, 0.0),
    ("Megaliter", 1e3, 0.0),
    ("Microliter", 1e-9, 0.0),
    ("Milliliter", 1e-6, 0.0),
];

const US_GALLON: f64 = 0.003_785_411_784;
const IMPERIAL_GALLON: f64 = 0.004_546_09;
const CUBIC_FOOT: f64 = 0.028_316_846_592;
const LIGHT_YEAR: f64 = 9_460_730_472_580_800.0;
const ASTRONOMICAL_UNIT: f64 = 149_597_870_700.0;
const PARSEC: f64 = 648_000.0 / PI * ASTRONOMICAL_UNIT;
const ELECTRON_VOLT: f64 = 1.602_176_634e-19;
/// Of the printers' point, 0.013837 inches.
const PRINTER_POINT: f64 = 0.013_837 * 0.025_4;
const POUND_FORCE: f64 = 0.453_592_37 * 9.806_65;

/// Units of all families whose factors the engine rounds in ways that are not known, in the same bases: what the standards
/// that define them say, for the Sun and Earth the nominal values of the IAU.
const BY_DEFINITION: &[Unit] = &[
    ("DecathermEc", 1.055_055_852_62e9, 0.0),
    ("DecathermImperial", 1.055_055_852_573_48e9, 0.0),
    ("DecathermUs", 1.054_804e9, 0.0),
    ("ElectronVolt", ELECTRON_VOLT, 0.0),
    ("FootPound", POUND_FORCE * 0.304_8, 0.0),
    ("GigaelectronVolt", 1e9 * ELECTRON_VOLT, 0.0),
    ("HorsepowerHour", 550.0 * 3600.0 * POUND_FORCE * 0.304_8, 0.0),
    ("KiloelectronVolt", 1e3 * ELECTRON_VOLT, 0.0),
    ("MegaelectronVolt", 1e6 * ELECTRON_VOLT, 0.0),
    ("TeraelectronVolt", 1e12 * ELECTRON_VOLT, 0.0),
    ("ThermEc", 1.055_055_852_62e8, 0.0),
    ("ThermImperial", 1.055_055_852_573_48e8, 0.0),
    ("ThermUs", 1.054_804e8, 0.0),
    ("KilogramForce", 9.806_65, 0.0),
    ("KiloPond", 9.806_65, 0.0),
    ("OunceForce", POUND_FORCE / 16.0, 0.0),
    ("Poundal", 0.138_254_954_376, 0.0),
    ("ShortTonForce", 2000.0 * POUND_FORCE, 0.0),
    ("TonneForce", 9_806.65, 0.0),
    ("AstronomicalUnit", ASTRONOMICAL_UNIT, 0.0),
    ("DataMile", 1_828.8, 0.0),
    ("DtpPica", 0.025_4 / 6.0, 0.0),
    ("DtpPoint", 0.025_4 / 72.0, 0.0),
    ("KilolightYear", 1e3 * LIGHT_YEAR, 0.0),
    ("Kiloparsec", 1e3 * PARSEC, 0.0),
    ("LightYear", LIGHT_YEAR, 0.0),
    ("MegalightYear", 1e6 * LIGHT_YEAR, 0.0),
    ("Megaparsec", 1e6 * PARSEC, 0.0),
    ("Mile", 1_609.344, 0.0),
    ("Parsec", PARSEC, 0.0),
    ("PrinterPica", 12.0 * PRINTER_POINT, 0.0),
    ("PrinterPoint", PRINTER_POINT, 0.0),
    ("SolarRadius", 6.957e8, 0.0),
    ("Twip", 0.025_4 / 1_440.0, 0.0),
    ("EarthMass", 5.972_2e24, 0.0),
    ("Grain", 6.479_891e-5, 0.0),
    ("LongHundredweight", 50.802_345_44, 0.0),
    ("Ounce", 0.028_349_523_125, 0.0),
    ("ShortHundredweight", 45.359_237, 0.0),
    ("Slug", POUND_FORCE / 0.304_8, 0.0),
    ("SolarMass", 1.988_41e30, 0.0),
    ("Stone", 6.350_293_18, 0.0),
    ("Knot", 1852.0 / 3600.0, 0.0),
    ("SolarTemperature", 5_772.0, 0.0),
    ("AuTablespoon", 2e-5, 0.0),
    ("BoardFoot", CUBIC_FOOT / 12.0, 0.0),
    ("CubicFoot", CUBIC_FOOT, 0.0),
    ("CubicInch", 1.638_706_4e-5, 0.0),
    ("CubicMile", 5_280.0 * 5_280.0 * 5_280.0 * CUBIC_FOOT, 0.0),
    ("CubicYard", 27.0 * CUBIC_FOOT, 0.0),
    ("DecausGallon", 10.0 * US_GALLON, 0.0),
    ("DeciusGallon", 0.1 * US_GALLON, 0.0),
    ("HectocubicFoot", 100.0 * CUBIC_FOOT, 0.0),
    ("HectousGallon", 100.0 * US_GALLON, 0.0),
    ("ImperialBeerBarrel", 36.0 * IMPERIAL_GALLON, 0.0),
    ("ImperialGallon", IMPERIAL_GALLON, 0.0),
    ("ImperialOunce", IMPERIAL_GALLON / 160.0, 0.0),
    ("ImperialPint", IMPERIAL_GALLON / 8.0, 0.0),
    ("KilocubicFoot", 1e3 * CUBIC_FOOT, 0.0),
    ("KiloimperialGallon", 1e3 * IMPERIAL_GALLON, 0.0),
    ("KilousGallon", 1e3 * US_GALLON, 0.0),
    ("MegacubicFoot", 1e6 * CUBIC_FOOT, 0.0),
    ("MegaimperialGallon", 1e6 * IMPERIAL_GALLON, 0.0),
    ("MegausGallon", 1e6 * US_GALLON, 0.0),
    ("MetricCup", 2.5e-4, 0.0),
    ("MetricTeaspoon", 5e-6, 0.0),
    ("OilBarrel", 42.0 * US_GALLON, 0.0),
    ("UkTablespoon", 1.5e-5, 0.0),
    ("UsBeerBarrel", 31.0 * US_GALLON, 0.0),
    ("UsCustomaryCup", US_GALLON / 16.0, 0.0),
    ("UsGallon", US_GALLON, 0.0),
    ("UsLegalCup", 2.4e-4, 0.0),
    ("UsOunce", US_GALLON / 128.0, 0.0),
    ("UsPint", US_GALLON / 8.0, 0.0),
    ("UsQuart", US_GALLON / 4.0, 0.0),
    ("UsTablespoon", US_GALLON / 256.0, 0.0),
    ("UsTeaspoon", US_GALLON / 768.0, 0.0),
];

// Every name that there is.

#[rustfmt::skip]
const ANGLE: &[&str] = &[
    "Arcminute", "Arcsecond", "Centiradian", "Deciradian", "Degree", "Gradian", "Microdegree",
    "Microradian", "Millidegree", "Milliradian", "Nanodegree", "Nanoradian", "NatoMil", "Radian",
    "Revolution", "Tilt",
];
#[rustfmt::skip]
const ENERGY: &[&str] = &[
    "BritishThermalUnit", "Calorie", "DecathermEc", "DecathermImperial", "DecathermUs", "ElectronVolt",
    "Erg", "FootPound", "GigabritishThermalUnit", "GigaelectronVolt", "Gigajoule", "GigawattDay",
    "GigawattHour", "HorsepowerHour", "Joule", "KilobritishThermalUnit", "Kilocalorie",
    "KiloelectronVolt", "Kilojoule", "KilowattDay", "KilowattHour", "MegabritishThermalUnit",
    "Megacalorie", "MegaelectronVolt", "Megajoule", "MegawattDay", "MegawattHour", "Millijoule",
    "TeraelectronVolt", "TerawattDay", "TerawattHour", "ThermEc", "ThermImperial", "ThermUs", "WattDay",
    "WattHour",
];
#[rustfmt::skip]
const FORCE: &[&str] = &[
    "Decanewton", "Dyn", "KilogramForce", "Kilonewton", "KiloPond", "KilopoundForce", "Meganewton",
    "Micronewton", "Millinewton", "Newton", "OunceForce", "Poundal", "PoundForce", "ShortTonForce",
    "TonneForce",
];
#[rustfmt::skip]
const LENGTH: &[&str] = &[
    "Angstrom", "AstronomicalUnit", "Centimeter", "Chain", "DataMile", "Decameter", "Decimeter",
    "DtpPica", "DtpPoint", "Fathom", "Foot", "Hand", "Hectometer", "Inch", "KilolightYear", "Kilometer",
    "Kiloparsec", "LightYear", "MegalightYear", "Megaparsec", "Meter", "Microinch", "Micrometer", "Mil",
    "Mile", "Millimeter", "Nanometer", "NauticalMile", "Parsec", "PrinterPica", "PrinterPoint", "Shackle",
    "SolarRadius", "Twip", "UsSurveyFoot", "Yard",
];
#[rustfmt::skip]
const MASS: &[&str] = &[
    "Centigram", "Decagram", "Decigram", "EarthMass", "Grain", "Gram", "Hectogram", "Kilogram",
    "Kilopound", "Kilotonne", "LongHundredweight", "LongTon", "Megapound", "Megatonne", "Microgram",
    "Milligram", "Nanogram", "Ounce", "Pound", "ShortHundredweight", "ShortTon", "Slug", "SolarMass",
    "Stone", "Tonne",
];
#[rustfmt::skip]
const SPEED: &[&str] = &[
    "CentimeterPerHour", "CentimeterPerMinute", "CentimeterPerSecond", "DecimeterPerMinute",
    "DecimeterPerSecond", "FootPerHour", "FootPerMinute", "FootPerSecond", "InchPerHour", "InchPerMinute",
    "InchPerSecond", "KilometerPerHour", "KilometerPerMinute", "KilometerPerSecond", "Knot",
    "MeterPerHour", "MeterPerMinute", "MeterPerSecond", "MicrometerPerMinute", "MicrometerPerSecond",
    "MilePerHour", "MillimeterPerHour", "MillimeterPerMinute", "MillimeterPerSecond",
    "NanometerPerMinute", "NanometerPerSecond", "UsSurveyFootPerHour", "UsSurveyFootPerMinute",
    "UsSurveyFootPerSecond", "YardPerHour", "YardPerMinute", "YardPerSecond",
];
#[rustfmt::skip]
const TEMPERATURE: &[&str] = &[
    "DegreeCelsius", "DegreeDelisle", "DegreeFahrenheit", "DegreeNewton", "DegreeRankine",
    "DegreeReaumur", "DegreeRoemer", "Kelvin", "MillidegreeCelsius", "SolarTemperature",
];
#[rustfmt::skip]
const VOLUME: &[&str] = &[
    "AcreFoot", "AuTablespoon", "BoardFoot", "Centiliter", "CubicCentimeter", "CubicDecimeter",
    "CubicFoot", "CubicHectometer", "CubicInch", "CubicKilometer", "CubicMeter", "CubicMicrometer",
    "CubicMile", "CubicMillimeter", "CubicYard", "Decaliter", "DecausGallon", "Deciliter", "DeciusGallon",
    "HectocubicFoot", "HectocubicMeter", "Hectoliter", "HectousGallon", "ImperialBeerBarrel",
    "ImperialGallon", "ImperialOunce", "ImperialPint", "KilocubicFoot", "KilocubicMeter",
    "KiloimperialGallon", "Kiloliter", "KilousGallon", "Liter", "MegacubicFoot", "MegaimperialGallon",
    "Megaliter", "MegausGallon", "MetricCup", "MetricTeaspoon", "Microliter", "Milliliter", "OilBarrel",
    "UkTablespoon", "UsBeerBarrel", "UsCustomaryCup", "UsGallon", "UsLegalCup", "UsOunce", "UsPint",
    "UsQuart", "UsTablespoon", "UsTeaspoon",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call, check, doubted};

    fn row(value: f64, from: &str, to: &str) -> [Column; 3] {
        let column = |value: Value, data_type| Column::constant(value, data_type, 1);
        [
            column(value.into(), ScalarType::Real),
            column(from.into(), ScalarType::String),
            column(to.into(), ScalarType::String),
        ]
    }

    // Expectations: the examples on Microsoft's pages of the functions, and recorded answers.
    #[test]
    fn converts_the_examples() {
        for (name, from, to, expected) in [
            ("convert_angle", "Degree", "Arcminute", 72.0),
            ("convert_energy", "Joule", "BritishThermalUnit", 0.001_137_380_544_375_98),
            ("convert_force", "Newton", "Decanewton", 0.12),
            ("convert_length", "Meter", "Foot", 3.937_007_874_015_75),
            ("convert_mass", "Kilogram", "Pound", 2.645_547_146_218_530_7),
            ("convert_speed", "MeterPerSecond", "CentimeterPerHour", 432_000.0),
            ("convert_temperature", "Kelvin", "DegreeCelsius", -271.95),
            ("convert_volume", "CubicMeter", "AcreFoot", 0.000_972_856_8),
        ] {
            let found = call(FUNCTIONS, name, &row(1.2, from, to)).value(0).as_real().unwrap();
            assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{name}: {found} for {expected}");
        }
    }

    #[test]
    fn known_units_convert_and_the_others_are_listed() {
        let families = [
            (ANGLE, ANGLES),
            (ENERGY, ENERGIES),
            (FORCE, FORCES),
            (LENGTH, LENGTHS),
            (MASS, MASSES),
            (SPEED, SPEEDS),
            (TEMPERATURE, TEMPERATURES),
            (VOLUME, VOLUMES),
        ];
        for (names, units) in families {
            assert!(units.iter().all(|unit| names.contains(&unit.0) && unit.1 != 0.0));
            let missing: Vec<_> = names
                .iter()
                .filter(|name| find(units, name).is_none() == find(BY_DEFINITION, name).is_none())
                .collect();
            let expected: &[&&str] = if names.contains(&"Tilt") { &[&"Tilt"] } else { &[] };
            assert_eq!(missing, expected, "in no table, or in both");
        }
        assert_eq!(call(FUNCTIONS, "convert_mass", &row(1.0, "Cow", "Gram")).value(0), Value::Null);
    }

    #[test]
    fn units_by_definition_are_in_doubt() {
        let near = |name: &str, from: &str, to: &str, expected: f64| {
            let found = call(FUNCTIONS, name, &row(1.0, from, to)).value(0).as_real().unwrap();
            assert!((found - expected).abs() <= 1e-12 * expected, "{from}: {found}");
        };
        near("convert_mass", "Slug", "Kilogram", 14.593_902_937_206_364);
        near("convert_energy", "HorsepowerHour", "Joule", 2_684_519.537_696_173);
        near("convert_energy", "FootPound", "Joule", 1.355_817_948_331_400_4);
        near("convert_volume", "UsTeaspoon", "CubicMeter", 4.928_921_593_75e-6);
        near("convert_length", "Parsec", "Meter", 3.085_677_581_491_367e16);
        let arguments = |from: &str, to: &str| [1.0.into(), from.into(), to.into()];
        doubted(FUNCTIONS, "convert_length", &arguments("Mile", "Meter"), 1609.344);
        doubted(FUNCTIONS, "convert_length", &arguments("mile", "DATAMILE"), 1609.344 / 1828.8);
        doubted(FUNCTIONS, "convert_angle", &arguments("Degree", "Tilt"), Value::Null);
        check(FUNCTIONS, "convert_length", &arguments("Mile", "Mile"), 1.0);
    }
}
