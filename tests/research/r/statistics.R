# R's own results for every statistic of the registry, on three data sets (see data/), written as JSON.
#
#   Rscript tests/research/r/statistics.R tests/research/golden/statistics.json
#
# Needs base R with the packages survival and cmprsk (Debian: r-base-core r-cran-survival r-cran-cmprsk). Where R's own
# function answers to fewer digits than the tests ask for (the roots of fisher.test, the estimate of wilcox.test with
# ties), the same definition is solved here with a finer tolerance.
#
# andresen: the ten patients and twelve lesions of Andresen et al. 2014, Table 1; last seen at 6 months unless dead.
# tian: the counts printed by Tian et al. 2022; its numbers are made up to have exactly the printed means and SDs.
# synthetic: 90 patients in three arms with ties, missing values, censoring, deaths and several lesions per patient.

suppressPackageStartupMessages(for (package in c("survival", "cmprsk"))
  if (!require(package, character.only = TRUE, quietly = TRUE)) quit(status = 3))

arguments <- commandArgs()
here <- dirname(sub("^--file=", "", grep("^--file=", arguments, value = TRUE)))
out <- commandArgs(trailingOnly = TRUE)[1]
data <- function(name) read.csv(file.path(here, "data", paste0(name, ".csv")), stringsAsFactors = FALSE)

found <- list()
keep <- function(name, value) found[[name]] <<- unname(as.numeric(value))
z <- qnorm(0.975)
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 10000)$root

# -- describe ---------------------------------------------------------------------------------------------------------
describe <- function(name, x) {
  keep(paste0(name, ".missing"), sum(is.na(x)))
  x <- x[!is.na(x)]
  keep(paste0(name, ".n"), length(x))
  keep(paste0(name, ".mean"), mean(x))
  keep(paste0(name, ".sd"), sd(x))
  keep(paste0(name, ".quantiles"), quantile(x, c(0, 0.25, 0.5, 0.75, 1), type = 7))
  keep(paste0(name, ".mean_interval"), t.test(x)$conf.int)
}
wilson <- function(x, n) as.numeric(suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int)

# -- two groups of numbers --------------------------------------------------------------------------------------------
t_tests <- function(name, x, y) {
  for (method in c("welch", "student")) {
    r <- t.test(x, y, var.equal = method == "student")
    keep(paste0(name, ".", method), c(mean(x) - mean(y), r$conf.int, r$statistic, r$parameter, r$p.value))
  }
  d <- (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2)
  keep(paste0(name, ".smd"), smd(d, length(x), length(y)))
}
smd <- function(d, m, n) d + c(0, -1, 1) * z * sqrt((m + n) / (m * n) + d^2 / (2 * (m + n)))

rank_sum <- function(name, x, y) {
  m <- length(x); n <- length(y)
  differences <- sort(outer(x, y, "-"))
  exact <- max(m, n) < 50 && !anyDuplicated(c(x, y))
  r <- wilcox.test(x, y, exact = exact, conf.int = exact)
  if (exact) ends <- r$conf.int
  else {
    k <- ceiling(m * n / 2 - z * sqrt(m * n * (m + n + 1) / 12))
    ends <- c(differences[k], differences[m * n - k + 1])
  }
  keep(paste0(name, ".rank_sum"), c(median(differences), ends, r$statistic, r$p.value))
}

# -- several groups ---------------------------------------------------------------------------------------------------
# The noncentral F distribution as the Poisson mixture it is: pf's own stops at nine digits.
pf_noncentral <- function(f, df1, df2, ncp) {
  j <- 0:2000
  sum(dpois(j, ncp / 2) * pbeta(df1 * f / (df1 * f + df2), df1 / 2 + j, df2 / 2))
}
noncentrality <- function(below) sapply(c(0.975, 0.025), function(p)
  if (below(0) <= p) 0 else root(function(ncp) below(ncp) - p, 0, 500))
eta_interval <- function(f, df1, df2) {
  ends <- noncentrality(function(ncp) pf_noncentral(f, df1, df2, ncp))
  ends / (ends + df1 + df2 + 1)
}
several <- function(name, x, group) {
  group <- factor(group)
  r <- anova(lm(x ~ group))
  f <- r$`F value`[1]
  keep(paste0(name, ".anova"), c(r$`Sum Sq`[1] / sum(r$`Sum Sq`), eta_interval(f, r$Df[1], r$Df[2]), f, r$Df,
    r$`Pr(>F)`[1]))
  k <- kruskal.test(x, group)
  ranked <- anova(lm(rank(x) ~ group))
  keep(paste0(name, ".kruskal"), c(ranked$`Sum Sq`[1] / sum(ranked$`Sum Sq`),
    eta_interval(ranked$`F value`[1], ranked$Df[1], ranked$Df[2]), k$statistic, k$parameter, k$p.value))
}

# -- counts -----------------------------------------------------------------------------------------------------------
two_by_two <- function(name, t) {
  first <- t[1, 1] / sum(t[1, ]); second <- t[2, 1] / sum(t[2, ])
  one <- wilson(t[1, 1], sum(t[1, ])); other <- wilson(t[2, 1], sum(t[2, ]))
  d <- first - second
  ends <- c(d - sqrt((first - one[1])^2 + (other[2] - second)^2), d + sqrt((one[2] - first)^2 + (second - other[1])^2))
  for (method in c("chi2", "yates")) {
    r <- suppressWarnings(chisq.test(t, correct = method == "yates"))
    keep(paste0(name, ".", method), c(d, ends, r$statistic, r$parameter, r$p.value))
  }
  keep(paste0(name, ".wilson"), c(one, other))
  # Cornfield's conditional likelihood, as fisher.test defines it.
  m <- sum(t[, 1]); n <- sum(t[, 2]); k <- sum(t[1, ]); x <- t[1, 1]
  support <- max(0, k - n):min(k, m)
  density <- function(log_odds) {
    d <- dhyper(support, m, n, k, log = TRUE) + log_odds * support
    d <- exp(d - max(d)); d / sum(d)
  }
  ends <- c(
    if (x == min(support)) 0 else exp(root(function(o) sum(density(o)[support >= x]) - 0.025, -30, 30)),
    if (x == max(support)) Inf else exp(root(function(o) sum(density(o)[support <= x]) - 0.025, -30, 30)))
  estimate <- if (x == min(support)) 0 else if (x == max(support)) Inf else
    exp(root(function(o) sum(support * density(o)) - x, -30, 30))
  keep(paste0(name, ".fisher"), c(estimate, ends, fisher.test(t)$p.value))
  d <- (first - second) / sqrt((first * (1 - first) + second * (1 - second)) / 2)
  keep(paste0(name, ".smd"), smd(d, sum(t[1, ]), sum(t[2, ])))
}
wide <- function(name, t) {
  r <- suppressWarnings(chisq.test(t, correct = FALSE))
  scale <- sum(t) * (min(dim(t)) - 1)
  ends <- sqrt(noncentrality(function(ncp) pchisq(r$statistic, r$parameter, ncp)) / scale)
  keep(paste0(name, ".chi2"), c(sqrt(r$statistic / scale), ends, r$statistic, r$parameter, r$p.value))
  if (nrow(t) == 2) {
    p <- t[1, -1] / sum(t[1, ]); q <- t[2, -1] / sum(t[2, ])
    s <- (diag(p) - p %o% p + diag(q) - q %o% q) / 2
    keep(paste0(name, ".smd"), smd(sqrt(drop((p - q) %*% solve(s) %*% (p - q))), sum(t[1, ]), sum(t[2, ])))
  }
}

# -- over time --------------------------------------------------------------------------------------------------------
change <- function(name, before, after) {
  # Rounded, so that differences of one decimal that are equal are equal.
  d <- round(after - before, 10); d <- d[!is.na(d)]
  r <- t.test(d)
  keep(paste0(name, ".paired"), c(mean(d), r$conf.int, r$statistic, r$parameter, r$p.value))
  n <- length(d)
  walsh <- outer(d, d, "+") / 2
  walsh <- sort(walsh[lower.tri(walsh, diag = TRUE)])
  exact <- n < 50 && !any(d == 0) && !anyDuplicated(abs(d))
  r <- wilcox.test(d, exact = exact, conf.int = exact)
  if (exact) ends <- r$conf.int
  else {
    k <- ceiling(n * (n + 1) / 4 - z * sqrt(n * (n + 1) * (2 * n + 1) / 24))
    ends <- c(walsh[k], walsh[length(walsh) - k + 1])
  }
  keep(paste0(name, ".signed_rank"), c(median(walsh), ends, r$statistic, r$p.value))
}
friedman <- function(name, rows) {
  rows <- rows[complete.cases(rows), ]
  r <- friedman.test(rows)
  scale <- nrow(rows) * (ncol(rows) - 1)
  ends <- pmin(1, noncentrality(function(ncp) pchisq(r$statistic, r$parameter, ncp)) / scale)
  keep(paste0(name, ".friedman"), c(r$statistic / scale, ends, r$statistic, r$parameter, r$p.value, nrow(rows)))
}

# -- survival ---------------------------------------------------------------------------------------------------------
curve <- function(name, time, event) {
  for (type in c("log-log", "plain")) {
    f <- survfit(Surv(time, event) ~ 1, conf.type = type)
    at <- paste0(name, ".", sub("-", "_", type))
    keep(paste0(at, ".survival"), f$surv)
    keep(paste0(at, ".low"), f$lower)
    keep(paste0(at, ".high"), f$upper)
    q <- quantile(f, 0.5)
    keep(paste0(at, ".median"), c(q$quantile, q$lower, q$upper))
  }
  keep(paste0(name, ".time"), f$time)
  keep(paste0(name, ".at_risk"), f$n.risk)
  keep(paste0(name, ".events"), f$n.event)
  keep(paste0(name, ".standard_error"), summary(f, censored = TRUE)$std.err)
}
log_rank <- function(name, time, event, group) {
  f <- survdiff(Surv(time, event) ~ group)
  df <- length(f$n) - 1
  keep(paste0(name, ".log_rank"), c(f$chisq, df, pchisq(f$chisq, df, lower.tail = FALSE)))
  if (df == 1) {
    apart <- (f$obs - f$exp)[1] / f$var[1, 1]
    keep(paste0(name, ".hazard_ratio"), exp(apart + c(0, -1, 1) * z / sqrt(f$var[1, 1])))
  }
}
incidence <- function(name, time, event) {
  for (type in c("log-log", "plain")) {
    f <- survfit(Surv(time, factor(event, 0:2)) ~ 1, conf.type = type)
    at <- paste0(name, ".", sub("-", "_", type))
    # Before the first event R's plain interval is 0 to 0; none is said here.
    none <- f$std.err[, 2] == 0
    keep(paste0(at, ".low"), ifelse(none, NA, f$lower[, 2]))
    keep(paste0(at, ".high"), ifelse(none, NA, f$upper[, 2]))
  }
  keep(paste0(name, ".incidence"), f$pstate[, 2])
  keep(paste0(name, ".standard_error"), f$std.err[, 2])
  keep(paste0(name, ".cuminc"), timepoints(cuminc(time, event), f$time)$est["1 1", ])
}
gray <- function(name, time, event, group) keep(paste0(name, ".gray"), cuminc(time, event, group)$Tests["1", ])

# -- clusters ---------------------------------------------------------------------------------------------------------
sandwich <- function(y, x, patient) {
  fit <- lm.fit(x, y)
  bread <- solve(crossprod(x))
  meat <- crossprod(rowsum(x * fit$residuals, patient))
  groups <- length(unique(patient))
  v <- bread %*% meat %*% bread * groups / (groups - 1) * (length(y) - 1) / (length(y) - ncol(x))
  k <- ncol(x)
  b <- fit$coefficients[k]; se <- sqrt(v[k, k]); df <- groups - 1
  c(b, b + c(-1, 1) * qt(0.975, df) * se, b / se, df, 2 * pt(-abs(b / se), df))
}
clusters <- function(name, y, patient, first = NULL) {
  if (is.null(first)) keep(paste0(name, ".clustered_mean"), sandwich(y, cbind(rep(1, length(y))), patient)[1:3])
  else keep(paste0(name, ".clustered_difference"), sandwich(y, cbind(1, as.numeric(first)), patient))
}

# -- andresen ---------------------------------------------------------------------------------------------------------
patients <- data("andresen_patients"); lesions <- data("andresen_lesions")
women <- patients$sex == "female"
describe("andresen.age", patients$age)
describe("andresen.volume", lesions$volume)
t_tests("andresen.age", patients$age[women], patients$age[!women])
rank_sum("andresen.age", patients$age[women], patients$age[!women])
several("andresen.volume", lesions$volume, lesions$central)
two_by_two("andresen.died", rbind(
  c(sum(patients$died[women]), sum(1 - patients$died[women])),
  c(sum(patients$died[!women]), sum(1 - patients$died[!women]))))
curve("andresen.death", patients$months, patients$died)
log_rank("andresen.death", patients$months, patients$died, !women)
clusters("andresen.volume", lesions$volume, lesions$patient)
clusters("andresen.volume", lesions$volume, lesions$patient, lesions$sex == "female")
clusters("andresen.central", lesions$central, lesions$patient, lesions$sex == "female")

# -- tian -------------------------------------------------------------------------------------------------------------
counts <- data("tian_counts"); numbers <- data("tian_numbers")
for (variable in unique(counts$variable))
  two_by_two(paste0("tian.", variable), as.matrix(counts[counts$variable == variable, c("a", "b")]))
for (variable in unique(numbers$variable)) {
  a <- numbers$value[numbers$variable == variable & numbers$arm == "A"]
  b <- numbers$value[numbers$variable == variable & numbers$arm == "B"]
  describe(paste0("tian.", variable, ".a"), a)
  t_tests(paste0("tian.", variable), a, b)
  rank_sum(paste0("tian.", variable), a, b)
}
a <- numbers$value[numbers$variable == "age" & numbers$arm == "A"]
b <- numbers$value[numbers$variable == "age" & numbers$arm == "B"]
d <- numbers$value[numbers$variable == "duration" & numbers$arm == "A"]
rank_sum("tian.some_ages", a[seq(1, 51, 5)], b[seq(2, 75, 5)])
change("tian.some_pairs", a[1:20], d[1:20])

# -- synthetic --------------------------------------------------------------------------------------------------------
patients <- data("synthetic_patients"); lesions <- data("synthetic_lesions")
arm <- patients$arm; two <- arm != "c"
describe("synthetic.vas3", patients$vas3)
t_tests("synthetic.age", patients$age[arm == "a"], patients$age[arm == "b"])
rank_sum("synthetic.age", patients$age[arm == "a"], patients$age[arm == "b"])
several("synthetic.age", patients$age, arm)
wide("synthetic.grade", unclass(table(arm, patients$grade)))
wide("synthetic.grade_ab", unclass(table(arm[two], patients$grade[two])))
for (point in 1:3) change(paste0("synthetic.vas", point), patients$vas0, patients[[paste0("vas", point)]])
friedman("synthetic.vas", as.matrix(patients[, paste0("vas", 0:3)]))
for (one in c("a", "b", "c")) {
  its <- arm == one
  curve(paste0("synthetic.death.", one), patients$months_to_death[its], patients$died[its])
  incidence(paste0("synthetic.recurrence.", one), patients$months[its], patients$event[its])
}
log_rank("synthetic.ab", patients$months_to_death[two], patients$died[two], arm[two])
log_rank("synthetic.abc", patients$months_to_death, patients$died, arm)
gray("synthetic.ab", patients$months[two], patients$event[two], arm[two])
gray("synthetic.abc", patients$months, patients$event, arm)
of_two <- lesions$arm != "c"
clusters("synthetic.volume", lesions$volume, lesions$patient)
for (variable in c("volume", "leak")) clusters(paste0("synthetic.", variable), lesions[[variable]][of_two],
  lesions$patient[of_two], lesions$arm[of_two] == "a")

# -- textbook ---------------------------------------------------------------------------------------------------------
# Hollander & Wolfe, Nonparametric Statistical Methods, Wiley 1973, p. 140: rounding first base in three ways by 22
# players; the example of R's own help page of friedman.test.
base <- data("rounding_times")
friedman("textbook", as.matrix(base))

# -- as JSON ----------------------------------------------------------------------------------------------------------
number <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), "\"inf\"", sprintf("%.17g", x)))
lines <- sapply(names(found), function(name)
  sprintf("  \"%s\": [%s]", name, paste(number(found[[name]]), collapse = ", ")))
versions <- sprintf("  \"made_with\": \"%s, survival %s, cmprsk %s\"", R.version.string, packageVersion("survival"),
  packageVersion("cmprsk"))
writeLines(c("{", paste(c(versions, lines), collapse = ",\n"), "}"), out)
