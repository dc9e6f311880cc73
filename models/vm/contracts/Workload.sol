// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// Work for benchmarks: hashing, curve arithmetic and sorting done by code, not by precompiles.
contract Workload {
    /// SHA-1 (FIPS 180-4) of n zero bytes.
    function sha1(uint256 n) external pure returns (uint160) {
        unchecked {
            uint256 padded = (n + 72) / 64 * 64;
            bytes memory text = new bytes(padded);
            text[n] = 0x80;
            for (uint256 i = 0; i < 8; i++) text[padded - 1 - i] = bytes1(uint8(n * 8 >> 8 * i));
            uint32[5] memory h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, uint32(0xc3d2e1f0)];
            uint32[80] memory w;
            for (uint256 at = 0; at < padded; at += 64) {
                for (uint256 i = 0; i < 16; i++) {
                    uint256 word;
                    assembly { word := shr(224, mload(add(add(text, 32), add(at, mul(i, 4))))) }
                    w[i] = uint32(word);
                }
                for (uint256 i = 16; i < 80; i++)
                    w[i] = _rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
                _sha1Block(h, w);
            }
            return uint160(h[0]) << 128 | uint160(h[1]) << 96 | uint160(h[2]) << 64 |
                uint160(h[3]) << 32 | h[4];
        }
    }

    function _rotate(uint32 x, uint32 n) private pure returns (uint32) {
        unchecked { return x << n | x >> 32 - n; }
    }

    function _sha1Block(uint32[5] memory h, uint32[80] memory w) private pure {
        unchecked {
            (uint32 a, uint32 b, uint32 c, uint32 d, uint32 e) = (h[0], h[1], h[2], h[3], h[4]);
            for (uint256 i = 0; i < 80; i++) {
                uint32 f;
                if (i < 20) f = (b & c | ~b & d) + 0x5a827999;
                else if (i < 40) f = (b ^ c ^ d) + 0x6ed9eba1;
                else if (i < 60) f = (b & c | b & d | c & d) + 0x8f1bbcdc;
                else f = (b ^ c ^ d) + 0xca62c1d6;
                f += _rotate(a, 5) + e + w[i];
                (a, b, c, d, e) = (f, a, _rotate(b, 30), c, d);
            }
            h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e;
        }
    }

    /// The compression function F of BLAKE2b (RFC 7693) on a zero block, n times from h = 0; the first word.
    function blake2b(uint256 n) external pure returns (uint64) {
        unchecked {
            uint64[8] memory h;
            for (uint256 i = 0; i < n; i++) _blakeBlock(h, uint64(128 * i));
            return h[0];
        }
    }

    function _blakeBlock(uint64[8] memory h, uint64 t) private pure {
        unchecked {
            uint64[16] memory v;
            uint64[8] memory iv = [0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b,
                uint64(0x5be0cd19137e2179)];
            for (uint256 i = 0; i < 8; i++) (v[i], v[i + 8]) = (h[i], iv[i]);
            v[12] ^= t;
            for (uint256 round = 0; round < 12; round++) {
                _mix(v, 0, 4, 8, 12); _mix(v, 1, 5, 9, 13); _mix(v, 2, 6, 10, 14); _mix(v, 3, 7, 11, 15);
                _mix(v, 0, 5, 10, 15); _mix(v, 1, 6, 11, 12); _mix(v, 2, 7, 8, 13); _mix(v, 3, 4, 9, 14);
            }
            for (uint256 i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
        }
    }

    function _mix(uint64[16] memory v, uint256 a, uint256 b, uint256 c, uint256 d) private pure {
        unchecked {
            v[a] += v[b]; v[d] = _right(v[d] ^ v[a], 32);
            v[c] += v[d]; v[b] = _right(v[b] ^ v[c], 24);
            v[a] += v[b]; v[d] = _right(v[d] ^ v[a], 16);
            v[c] += v[d]; v[b] = _right(v[b] ^ v[c], 63);
        }
    }

    function _right(uint64 x, uint64 n) private pure returns (uint64) {
        unchecked { return x >> n | x << 64 - n; }
    }

    /// Keccak-256 of 32 zero bytes, then of the result, n times.
    function keccakChain(uint256 n) external pure returns (bytes32 h) {
        unchecked { for (uint256 i = 0; i < n; i++) h = keccak256(abi.encode(h)); }
    }

    uint256 private constant P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;

    /// k times the generator of secp256k1 in Jacobian coordinates; the affine x (SEC 2).
    function ecMultiply(uint256 k) external pure returns (uint256) {
        unchecked {
            uint256 gx = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
            uint256 gy = 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8;
            (uint256 x, uint256 y, uint256 z) = (0, 1, 0);
            for (uint256 bit = 256; bit > 0; bit--) {
                (x, y, z) = _double(x, y, z);
                if (k >> bit - 1 & 1 == 1) (x, y, z) = _add(x, y, z, gx, gy);
            }
            uint256 inverse = _power(z, P - 2);
            return mulmod(x, mulmod(inverse, inverse, P), P);
        }
    }

    function _double(uint256 x, uint256 y, uint256 z) private pure returns (uint256, uint256, uint256) {
        unchecked {
            if (z == 0) return (x, y, z);
            uint256 yy = mulmod(y, y, P);
            uint256 s = mulmod(4, mulmod(x, yy, P), P);
            uint256 m = mulmod(3, mulmod(x, x, P), P);
            uint256 x3 = addmod(mulmod(m, m, P), P - addmod(s, s, P), P);
            uint256 y3 = addmod(mulmod(m, addmod(s, P - x3, P), P), P - mulmod(8, mulmod(yy, yy, P), P), P);
            return (x3, y3, mulmod(2, mulmod(y, z, P), P));
        }
    }

    /// Adds the affine point (bx, by), which is not (x, y, z) nor its negative.
    function _add(uint256 x, uint256 y, uint256 z, uint256 bx, uint256 by)
        private pure returns (uint256, uint256, uint256)
    {
        unchecked {
            if (z == 0) return (bx, by, 1);
            uint256 zz = mulmod(z, z, P);
            uint256 h = addmod(mulmod(bx, zz, P), P - x, P);
            uint256 r = addmod(mulmod(by, mulmod(zz, z, P), P), P - y, P);
            z = mulmod(z, h, P);
            zz = mulmod(h, h, P);
            h = mulmod(h, zz, P);
            zz = mulmod(x, zz, P);
            x = addmod(mulmod(r, r, P), P - addmod(h, addmod(zz, zz, P), P), P);
            y = mulmod(y, h, P);
            return (x, addmod(mulmod(r, addmod(zz, P - x, P), P), P - y, P), z);
        }
    }

    function _power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        unchecked {
            result = 1;
            for (; exponent > 0; exponent >>= 1) {
                if (exponent & 1 == 1) result = mulmod(result, base, P);
                base = mulmod(base, base, P);
            }
        }
    }

    /// Sorts n pseudo-random words by insertion; the middle one.
    function sort(uint256 n) external pure returns (uint256) {
        uint256[] memory a = new uint256[](n);
        uint256 x = 1;
        for (uint256 i = 0; i < n; i++) {
            unchecked { x = x * 6364136223846793005 + 1442695040888963407; }
            uint256 word = x >> 32 & 0xffffffff;
            uint256 at = i;
            for (; at > 0 && a[at - 1] > word; at--) a[at] = a[at - 1];
            a[at] = word;
        }
        return a[n / 2];
    }
}
