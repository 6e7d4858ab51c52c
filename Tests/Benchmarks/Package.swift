// swift-tools-version: 6.2
import PackageDescription

/// The comparison with the peers and with the floors in C. A package of its own: not part of the build or the tests.
let package = Package(
  name: "benchmarks",
  targets: [
    .target(name: "CBenchmarks"),
    .executableTarget(
      name: "benchmarks", dependencies: ["CBenchmarks"], swiftSettings: [.treatAllWarnings(as: .error)]),
  ],
  swiftLanguageModes: [.v6]
)
