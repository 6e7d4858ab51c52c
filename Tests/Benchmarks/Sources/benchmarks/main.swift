import Foundation

do {
  let options = try Options(Array(CommandLine.arguments.dropFirst()))
  let whole = options.only.count == Group.allCases.count && options.measures
  var benchmark = Benchmark(options, whole ? Results() : Results(contentsOf: options.json))
  if options.measures {
    benchmark.results.beginGroups(options.only)
    try benchmark.run()
    try benchmark.results.write(to: options.json)
  }
  print(benchmark.results.table)
  print(Goals.table(benchmark.results))
  if let path = options.svg { try Plot(benchmark.results).svg.write(toFile: path, atomically: true, encoding: .utf8) }
  exit(benchmark.results.failures.isEmpty ? 0 : 1)
} catch {
  FileHandle.standardError.write(Data("benchmarks: \(error)\n".utf8))
  exit(1)
}
