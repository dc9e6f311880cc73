#!/usr/bin/env python3
"""Writes bn254_constants.inc and bls12_381_constants.inc beside this file.

Every number follows from the published parameters below: the curve families' polynomials in their
parameter x, the twists' non-residues, and for BLS12-381 what RFC 9380 (section 8.8, appendix E)
and the Ethereum KZG ceremony publish as constants.  Run it with no arguments; the output is checked
in, and tests/models/vm/test_curve.c checks it against the definitions in C."""
import os

HERE = os.path.dirname(os.path.abspath(__file__))


class Field:
    def __init__(self, p, limbs):
        self.p, self.limbs, self.r = p, limbs, 1 << (64 * limbs)

    def words(self, n):
        words = ["0x%016x" % (n >> (64 * i) & (2**64 - 1)) for i in range(self.limbs)]
        if self.limbs <= 4:
            return "{{" + ", ".join(words) + "}}"
        return "{{" + ", ".join(words[:3]) + ",\n      " + ", ".join(words[3:]) + "}}"

    def fp(self, a):
        """An element of Fp, in Montgomery form, as a C initializer."""
        return self.words(a % self.p * self.r % self.p)

    def fp2(self, a):
        return "{%s,\n     %s}" % (self.fp(a[0]), self.fp(a[1]))

    # Fp2 = Fp[i]/(i^2 + 1)
    def mul2(self, a, b):
        return ((a[0] * b[0] - a[1] * b[1]) % self.p, (a[0] * b[1] + a[1] * b[0]) % self.p)

    def pow2(self, a, e):
        r = (1, 0)
        for bit in bin(e)[2:]:
            r = self.mul2(r, r)
            if bit == "1":
                r = self.mul2(r, a)
        return r

    def inv2(self, a):
        n = pow(a[0] * a[0] + a[1] * a[1], -1, self.p)
        return (a[0] * n % self.p, -a[1] * n % self.p)

    def sqrt2(self, a):
        """A square root in Fp2 for p = 3 mod 4, or None."""
        p = self.p
        norm = pow((a[0] ** 2 + a[1] ** 2) % p, (p + 1) // 4, p)
        for s in (norm, -norm):
            half = (a[0] + s) * pow(2, -1, p) % p
            x = pow(half, (p + 1) // 4, p)
            if x * x % p == half and x:
                root = (x, a[1] * pow(2 * x, -1, p) % p)
                if self.mul2(root, root) == (a[0] % p, a[1] % p):
                    return root
        return None


def head(f, title, guard, order):
    out = ["/* %s - made by constants.py; do not edit. */" % (guard.lower() + ".h"), "/* " + title + " */"]
    out += ["#ifndef ORR_VM_CURVE_%s_H" % guard, "#define ORR_VM_CURVE_%s_H" % guard, "",
            "#include <stdint.h>", "", "enum { FP_LIMBS = %d };" % f.limbs,
            "struct fp { uint64_t limb[FP_LIMBS]; };", "struct fp2 { struct fp c0, c1; }; /* c0 + c1 i */", "",
            "/* p; -1/p mod 2^64; and R, R^2, R^3 mod p for R = 2^%d */" % (64 * f.limbs),
            "static const struct fp fp_modulus =\n    %s;" % f.words(f.p),
            "#define FP_INV 0x%016xull" % (-pow(f.p, -1, 2**64) % 2**64),
            "static const struct fp fp_one =\n    %s;" % f.words(f.r % f.p),
            "static const struct fp fp_r2 =\n    %s;" % f.words(f.r**2 % f.p),
            "static const struct fp fp_r3 =\n    %s;" % f.words(f.r**3 % f.p), "",
            "/* the order of both groups, little-endian */",
            "static const uint64_t group_order[4] = {\n    %s};" % ", ".join(
                "0x%016x" % (order >> (64 * i) & (2**64 - 1)) for i in range(4)), ""]
    return out


def constant(f, name, value, comment=""):
    """One constant of Fp or Fp2."""
    out = ["/* %s */" % comment] if comment else []
    if isinstance(value, tuple):
        return out + ["static const struct fp2 %s =\n    %s;" % (name, f.fp2(value))]
    return out + ["static const struct fp %s =\n    %s;" % (name, f.fp(value))]


def table(f, name, values, comment):
    kind = "fp2" if isinstance(values[0], tuple) else "fp"
    rows = ["    %s," % (f.fp2(v) if kind == "fp2" else f.fp(v)) for v in values]
    return ["/* %s */" % comment, "static const struct %s %s[%d] = {" % (kind, name, len(values))] + rows + ["};"]


def frobenius(f, xi):
    """xi^(i (p-1)/6), i = 0..5"""
    step = f.pow2(xi, (f.p - 1) // 6)
    powers = [(1, 0)]
    for _ in range(5):
        powers.append(f.mul2(powers[-1], step))
    return powers


def write(name, lines):
    with open(os.path.join(HERE, name), "w") as out:
        out.write("\n".join(lines + ["", "#endif", ""]))


def bn254():
    # EIP-196: the Barreto-Naehrig curve with this parameter, y^2 = x^3 + 3; EIP-197: xi = 9 + i
    x = 4965661367192848881
    p = 36 * x**4 + 36 * x**3 + 24 * x**2 + 6 * x + 1
    r = 36 * x**4 + 36 * x**3 + 18 * x**2 + 6 * x + 1
    f, xi = Field(p, 4), (9, 1)
    b = f.mul2((3, 0), f.inv2(xi))
    powers = frobenius(f, xi)
    out = head(f, "BN254: p = 36x^4 + 36x^3 + 24x^2 + 6x + 1, x = %d." % x, "BN254_CONSTANTS", r)
    out += ["#define CURVE_X %dull" % x]
    out += constant(f, "g1_b", 3, "y^2 = x^3 + 3")
    out += constant(f, "g2_b", b, "the twist y^2 = x^3 + 3/xi, xi = 9 + i")
    out += constant(f, "g2_b_times_3", tuple(3 * c for c in b), "three times that")
    out += table(f, "frobenius", powers, "xi^(i (p-1)/6), i = 0..5")
    write("bn254_constants.inc", out)


# RFC 9380, appendix E.2: the coefficients k_(1,i) .. k_(4,i), lowest degree first; the highest
# coefficient of both denominators is 1.
ISO_11 = [
    [
        0x11a05f2b1e833340b809101dd99815856b303e88a2d7005ff2627b56cdb4e2c85610c2d5f2e62d6eaeac1662734649b7,
        0x17294ed3e943ab2f0588bab22147a81c7c17e75b2f6a8417f565e33c70d1e86b4838f2a6f318c356e834eef1b3cb83bb,
        0x0d54005db97678ec1d1048c5d10a9a1bce032473295983e56878e501ec68e25c958c3e3d2a09729fe0179f9dac9edcb0,
        0x1778e7166fcc6db74e0609d307e55412d7f5e4656a8dbf25f1b33289f1b330835336e25ce3107193c5b388641d9b6861,
        0x0e99726a3199f4436642b4b3e4118e5499db995a1257fb3f086eeb65982fac18985a286f301e77c451154ce9ac8895d9,
        0x1630c3250d7313ff01d1201bf7a74ab5db3cb17dd952799b9ed3ab9097e68f90a0870d2dcae73d19cd13c1c66f652983,
        0x0d6ed6553fe44d296a3726c38ae652bfb11586264f0f8ce19008e218f9c86b2a8da25128c1052ecaddd7f225a139ed84,
        0x17b81e7701abdbe2e8743884d1117e53356de5ab275b4db1a682c62ef0f2753339b7c8f8c8f475af9ccb5618e3f0c88e,
        0x080d3cf1f9a78fc47b90b33563be990dc43b756ce79f5574a2c596c928c5d1de4fa295f296b74e956d71986a8497e317,
        0x169b1f8e1bcfa7c42e0c37515d138f22dd2ecb803a0c5c99676314baf4bb1b7fa3190b2edc0327797f241067be390c9e,
        0x10321da079ce07e272d8ec09d2565b0dfa7dccdde6787f96d50af36003b14866f69b771f8c285decca67df3f1605fb7b,
        0x06e08c248e260e70bd1e962381edee3d31d79d7e22c837bc23c0bf1bc24c6b68c24b1b80b64d391fa9c8ba2e8ba2d229,
    ],
    [
        0x08ca8d548cff19ae18b2e62f4bd3fa6f01d5ef4ba35b48ba9c9588617fc8ac62b558d681be343df8993cf9fa40d21b1c,
        0x12561a5deb559c4348b4711298e536367041e8ca0cf0800c0126c2588c48bf5713daa8846cb026e9e5c8276ec82b3bff,
        0x0b2962fe57a3225e8137e629bff2991f6f89416f5a718cd1fca64e00b11aceacd6a3d0967c94fedcfcc239ba5cb83e19,
        0x03425581a58ae2fec83aafef7c40eb545b08243f16b1655154cca8abc28d6fd04976d5243eecf5c4130de8938dc62cd8,
        0x13a8e162022914a80a6f1d5f43e7a07dffdfc759a12062bb8d6b44e833b306da9bd29ba81f35781d539d395b3532a21e,
        0x0e7355f8e4e667b955390f7f0506c6e9395735e9ce9cad4d0a43bcef24b8982f7400d24bc4228f11c02df9a29f6304a5,
        0x0772caacf16936190f3e0c63e0596721570f5799af53a1894e2e073062aede9cea73b3538f0de06cec2574496ee84a3a,
        0x14a7ac2a9d64a8b230b3f5b074cf01996e7f63c21bca68a81996e1cdf9822c580fa5b9489d11e2d311f7d99bbdcc5a5e,
        0x0a10ecf6ada54f825e920b3dafc7a3cce07f8d1d7161366b74100da67f39883503826692abba43704776ec3a79a1d641,
        0x095fc13ab9e92ad4476d6e3eb3a56680f682b4ee96f7d03776df533978f31c1593174e4b4b7865002d6384d168ecdd0a,
        1,
    ],
    [
        0x090d97c81ba24ee0259d1f094980dcfa11ad138e48a869522b52af6c956543d3cd0c7aee9b3ba3c2be9845719707bb33,
        0x134996a104ee5811d51036d776fb46831223e96c254f383d0f906343eb67ad34d6c56711962fa8bfe097e75a2e41c696,
        0x00cc786baa966e66f4a384c86a3b49942552e2d658a31ce2c344be4b91400da7d26d521628b00523b8dfe240c72de1f6,
        0x01f86376e8981c217898751ad8746757d42aa7b90eeb791c09e4a3ec03251cf9de405aba9ec61deca6355c77b0e5f4cb,
        0x08cc03fdefe0ff135caf4fe2a21529c4195536fbe3ce50b879833fd221351adc2ee7f8dc099040a841b6daecf2e8fedb,
        0x16603fca40634b6a2211e11db8f0a6a074a7d0d4afadb7bd76505c3d3ad5544e203f6326c95a807299b23ab13633a5f0,
        0x04ab0b9bcfac1bbcb2c977d027796b3ce75bb8ca2be184cb5231413c4d634f3747a87ac2460f415ec961f8855fe9d6f2,
        0x0987c8d5333ab86fde9926bd2ca6c674170a05bfe3bdd81ffd038da6c26c842642f64550fedfe935a15e4ca31870fb29,
        0x09fc4018bd96684be88c9e221e4da1bb8f3abd16679dc26c1e8b6e6a1f20cabe69d65201c78607a360370e577bdba587,
        0x0e1bba7a1186bdb5223abde7ada14a23c42a0ca7915af6fe06985e7ed1e4d43b9b3f7055dd4eba6f2bafaaebca731c30,
        0x19713e47937cd1be0dfd0b8f1d43fb93cd2fcbcb6caf493fd1183e416389e61031bf3a5cce3fbafce813711ad011c132,
        0x18b46a908f36f6deb918c143fed2edcc523559b8aaf0c2462e6bfe7f911f643249d9cdf41b44d606ce07c8a4d0074d8e,
        0x0b182cac101b9399d155096004f53f447aa7b12a3426b08ec02710e807b4633f06c851c1919211f20d4c04f00b971ef8,
        0x0245a394ad1eca9b72fc00ae7be315dc757b3b080d4c158013e6632d3c40659cc6cf90ad1c232a6442d9d3f5db980133,
        0x05c129645e44cf1102a159f748c4a3fc5e673d81d7e86568d9ab0f5d396a7ce46ba1049b6579afb7866b1e715475224b,
        0x15e6be4e990f03ce4ea50b3b42df2eb5cb181d8f84965a3957add4fa95af01b2b665027efec01c7704b456be69c8b604,
    ],
    [
        0x16112c4c3a9c98b252181140fad0eae9601a6de578980be6eec3232b5be72e7a07f3688ef60c206d01479253b03663c1,
        0x1962d75c2381201e1a0cbd6c43c348b885c84ff731c4d59ca4a10356f453e01f78a4260763529e3532f6102c2e49a03d,
        0x058df3306640da276faaae7d6e8eb15778c4855551ae7f310c35a5dd279cd2eca6757cd636f96f891e2538b53dbf67f2,
        0x16b7d288798e5395f20d23bf89edb4d1d115c5dbddbcd30e123da489e726af41727364f2c28297ada8d26d98445f5416,
        0x0be0e079545f43e4b00cc912f8228ddcc6d19c9f0f69bbb0542eda0fc9dec916a20b15dc0fd2ededda39142311a5001d,
        0x08d9e5297186db2d9fb266eaac783182b70152c65550d881c5ecd87b6f0f5a6449f38db9dfa9cce202c6477faaf9b7ac,
        0x166007c08a99db2fc3ba8734ace9824b5eecfdfa8d0cf8ef5dd365bc400a0051d5fa9c01a58b1fb93d1a1399126a775c,
        0x16a3ef08be3ea7ea03bcddfabba6ff6ee5a4375efa1f4fd7feb34fd206357132b920f5b00801dee460ee415a15812ed9,
        0x1866c8ed336c61231a1be54fd1d74cc4f9fb0ce4c6af5920abc5750c4bf39b4852cfe2f7bb9248836b233d9d55535d4a,
        0x167a55cda70a6e1cea820597d94a84903216f763e13d87bb5308592e7ea7d4fbc7385ea3d529b35e346ef48bb8913f55,
        0x04d2f259eea405bd48f010a01ad2911d9c6dd039bb61a6290e591b36e636a5c871a5c29f4f83060400f8b49cba8f6aa8,
        0x0accbb67481d033ff5852c1e48c50c477f94ff8aefce42d28c0f9a88cea7913516f968986f7ebbea9684b529e2561092,
        0x0ad6b9514c767fe3c3613144b45f1496543346d98adf02267d5ceef9a00d9b8693000763e3b90ac11e99b138573345cc,
        0x02660400eb2e4f3b628bdd0d53cd76f2bf565b94e72927c1cb748df27942480e420517bd8714cc80d1fadc1326ed06f7,
        0x0e0fa1d816ddc03e6b24255e0d7819c171c40f65e273b853324efcd6356caa205ca2f570f13497804415473a1d634b8f,
        1,
    ],
]

# RFC 9380, appendix E.3, likewise, each as (c0, c1).
ISO_3 = [
    [
        (0x5c759507e8e333ebb5b7a9a47d7ed8532c52d39fd3a042a88b58423c50ae15d5c2638e343d9c71c6238aaaaaaaa97d6,
         0x5c759507e8e333ebb5b7a9a47d7ed8532c52d39fd3a042a88b58423c50ae15d5c2638e343d9c71c6238aaaaaaaa97d6),
        (0x0,
         0x11560bf17baa99bc32126fced787c88f984f87adf7ae0c7f9a208c6b4f20a4181472aaa9cb8d555526a9ffffffffc71a),
        (0x11560bf17baa99bc32126fced787c88f984f87adf7ae0c7f9a208c6b4f20a4181472aaa9cb8d555526a9ffffffffc71e,
         0x8ab05f8bdd54cde190937e76bc3e447cc27c3d6fbd7063fcd104635a790520c0a395554e5c6aaaa9354ffffffffe38d),
        (0x171d6541fa38ccfaed6dea691f5fb614cb14b4e7f4e810aa22d6108f142b85757098e38d0f671c7188e2aaaaaaaa5ed1,
         0x0),
    ],
    [
        (0x0,
         0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaa63),
        (0xc,
         0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaa9f),
        (1, 0),
    ],
    [
        (0x1530477c7ab4113b59a4c18b076d11930f7da5d4a07f649bf54439d87d27e500fc8c25ebf8c92f6812cfc71c71c6d706,
         0x1530477c7ab4113b59a4c18b076d11930f7da5d4a07f649bf54439d87d27e500fc8c25ebf8c92f6812cfc71c71c6d706),
        (0x0,
         0x5c759507e8e333ebb5b7a9a47d7ed8532c52d39fd3a042a88b58423c50ae15d5c2638e343d9c71c6238aaaaaaaa97be),
        (0x11560bf17baa99bc32126fced787c88f984f87adf7ae0c7f9a208c6b4f20a4181472aaa9cb8d555526a9ffffffffc71c,
         0x8ab05f8bdd54cde190937e76bc3e447cc27c3d6fbd7063fcd104635a790520c0a395554e5c6aaaa9354ffffffffe38f),
        (0x124c9ad43b6cf79bfbf7043de3811ad0761b0f37a1e26286b0e977c69aa274524e79097a56dc4bd9e1b371c71c718b10,
         0x0),
    ],
    [
        (0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffa8fb,
         0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffa8fb),
        (0x0,
         0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffa9d3),
        (0x12,
         0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaa99),
        (1, 0),
    ],
]

# [tau]_2, the second g2_monomial point of the Ethereum KZG ceremony's output: trusted_setup_4096.json
# in ethereum/consensus-specs, presets/mainnet/trusted_setups; compressed.
TAU_G2 = (0xb5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72,
          0x185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2)


def bls12_381():
    # EIP-2537: the Barreto-Lynn-Scott curve with this parameter, y^2 = x^3 + 4; xi = 1 + i
    x = -0xd201000000010000
    r = x**4 - x**2 + 1
    p = (x - 1) ** 2 * r // 3 + x
    f, xi = Field(p, 6), (1, 1)
    powers = frobenius(f, xi)
    # a cube root of unity: of the two, the one for which (beta x, y) = -x^2 (x, y) on G1
    beta = next(b for b in (pow(g, (p - 1) // 3, p) for g in range(2, 20)) if b != 1)
    g1 = (0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb,
          0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1)
    g2 = ((0x024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8,
           0x13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e),
          (0x0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801,
           0x0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be))
    if affine_mul(p, g1, x * x % r) != (beta * g1[0] % p, -g1[1] % p):
        beta = beta * beta % p
    assert affine_mul(p, g1, x * x % r) == (beta * g1[0] % p, -g1[1] % p)
    # the compressed point's first byte holds three flags: compressed, infinite, y is the greater root
    flags = TAU_G2[0] >> 381
    tau_x = (TAU_G2[1], TAU_G2[0] & (1 << 381) - 1)
    rhs = f.mul2(f.mul2(tau_x, tau_x), tau_x)
    tau_y = f.sqrt2(((rhs[0] + 4) % p, (rhs[1] + 4) % p))
    assert flags & 6 == 4 and tau_y[1] != 0
    if (tau_y[1] > (p - 1) // 2) != (flags & 1 == 1):
        tau_y = (-tau_y[0] % p, -tau_y[1] % p)

    out = head(f, "BLS12-381: r = x^4 - x^2 + 1, p = (x - 1)^2 r/3 + x, x = -0x%x." % -x,
               "BLS12_381_CONSTANTS", r)
    out += ["/* |x|; x is negative */", "#define CURVE_X 0x%xull" % -x]
    out += constant(f, "g1_b", 4, "y^2 = x^3 + 4")
    out += constant(f, "g2_b", (4, 4), "the twist y^2 = x^3 + 4 xi, xi = 1 + i")
    out += constant(f, "g2_b_times_3", (12, 12), "three times that")
    out += constant(f, "g1_generator_x", g1[0], "the generators of EIP-2537")
    out += constant(f, "g1_generator_y", g1[1])
    out += constant(f, "g2_generator_x", g2[0])
    out += constant(f, "g2_generator_y", g2[1])
    out += constant(f, "tau_g2_x", tau_x, "[tau]_2 of the Ethereum KZG ceremony (EIP-4844)")
    out += constant(f, "tau_g2_y", tau_y)
    out += table(f, "frobenius", powers, "xi^(i (p-1)/6), i = 0..5")
    out += constant(f, "psi_x", f.inv2(powers[2]), "1 / xi^((p-1)/3)")
    out += constant(f, "psi_y", f.inv2(powers[3]), "1 / xi^((p-1)/2)")
    out += constant(f, "beta", beta, "a cube root of unity with (beta x, y) = -x^2 (x, y) on G1")
    out += constant(f, "iso1_a", 0x144698a3b8e9433d693a02c96d4982b0ea985383ee66a8d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1d,
                    "RFC 9380, 8.8.1: A', B', Z of the curve that is 11-isogenous to G1's")
    out += constant(f, "iso1_b", 0x12e2908d11688030018b12e8753eee3b2016c1f0f24f4070a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0)
    out += constant(f, "iso1_z", 11)
    out += constant(f, "iso2_a", (0, 240), "RFC 9380, 8.8.2: A', B', Z of the curve that is 3-isogenous to G2's")
    out += constant(f, "iso2_b", (1012, 1012))
    out += constant(f, "iso2_z", (-2, -1))
    for group, iso in (("1", ISO_11), ("2", ISO_3)):
        for name, values in zip(("x_num", "x_den", "y_num", "y_den"), iso):
            out += table(f, "iso%s_%s" % (group, name), values,
                         "RFC 9380, appendix E.%d, %s" % (1 + int(group), name))
    write("bls12_381_constants.inc", out)


def affine_mul(p, a, e):
    """e a on a curve y^2 = x^3 + b over Fp"""
    r = None
    for bit in bin(e)[2:]:
        r = affine_add(p, r, r)
        if bit == "1":
            r = affine_add(p, r, a)
    return r


def affine_add(p, a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and a[1] != b[1]:
        return None
    slope = (3 * a[0] ** 2 * pow(2 * a[1], -1, p) if a == b
             else (b[1] - a[1]) * pow(b[0] - a[0], -1, p))
    x = (slope * slope - a[0] - b[0]) % p
    return (x, (slope * (a[0] - x) - a[1]) % p)


if __name__ == "__main__":
    bn254()
    bls12_381()
