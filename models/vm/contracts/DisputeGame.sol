// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// Output roots of a rollup, proposed with a bond and disputed down to one step of its execution.
/// All games are in this one contract, by number; the rules are those of ethereum-optimism/specs,
/// fault-proof/stage-one/fault-dispute-game.md and bond-incentives.md.
///
/// Claims at depths up to splitDepth are output roots: the leaf of index k is that of the k-th block
/// behind the anchor. Below are the states of one block's execution, the leaf of index k after
/// k + 1 steps: a state's hash whose first byte says how the machine stands (0: it has come to the
/// disputed root; 1: to another; 3: it runs). `machine` makes one step, given its proof. The state
/// before the first step is what `oracle` says: it stands for running the derivation.
contract DisputeGame {
    enum Status { InProgress, ChallengerWins, DefenderWins }

    struct Claim {
        uint256 parent; // NONE: it is the root
        address counteredBy;
        address claimant;
        uint256 bond;
        bytes32 value;
        uint128 position;
        uint64 duration; // what the claimant's side had used of its clock when it was made
        uint64 timestamp;
        bool isResolved;
    }

    struct Game {
        uint256 startBlock; // the anchor's when it began
        bytes32 startRoot;
        uint256 l2Block;
        uint64 createdAt;
        uint64 resolvedAt;
        Status status;
        Claim[] claims;
        mapping(bytes32 => bool) said;
        mapping(uint256 => uint256[]) answers;
        mapping(address => uint256) credit;
    }

    uint256 constant NONE = type(uint256).max;
    uint256 constant FIRST_GAS = 400_000; // bond-incentives.md: what a claim at the root stands for
    uint256 constant BASE_FEE = 200 gwei;
    bytes32 constant EMPTY_VALID = bytes32(uint256(0));
    bytes32 constant EMPTY_INVALID = bytes32(uint256(1) << 248);

    address public immutable oracle;
    address public immutable machine;
    uint256 public immutable splitDepth;
    uint256 public immutable maxDepth;
    uint64 public immutable maxClock;
    uint64 public immutable extension;
    uint256 public immutable multiplier; // of the bond from depth to depth, times 10^18

    uint256 public anchorBlock;
    bytes32 public anchorRoot;
    uint256 public derivedBlock; // up to which the oracle has spoken
    mapping(uint256 => bytes32) public firstState;
    mapping(bytes32 => bool) public isProposed;
    Game[] games;

    error BadBlock();
    error BondTransferFailed();
    error CannotDefendRootClaim();
    error ClaimAlreadyExists();
    error ClaimAlreadyResolved();
    error ClockNotExpired();
    error ClockTimeExceeded();
    error DuplicateStep();
    error GameAlreadyExists();
    error GameDepthExceeded();
    error GameNotInProgress();
    error GameNotResolved();
    error IncorrectBondAmount();
    error InvalidDisputedClaimIndex();
    error InvalidParent();
    error InvalidPrestate();
    error NoCreditToClaim();
    error NotOracle();
    error OutOfOrderResolution();
    error StepFailed();
    error UnexpectedRootClaim();
    error ValidStep();

    event Created(uint256 indexed game, bytes32 indexed root, uint256 l2Block, address claimant);
    event Move(uint256 indexed game, uint256 indexed parent, bytes32 value, address claimant);
    event Resolved(uint256 indexed game, Status status);

    constructor(uint256 split, uint256 max, uint64 clock, uint64 extended, uint256 multiplied,
                uint256 startBlock, bytes32 startRoot, address stepper) {
        oracle = msg.sender;
        splitDepth = split;
        maxDepth = max;
        maxClock = clock;
        extension = extended;
        multiplier = multiplied;
        derivedBlock = anchorBlock = startBlock;
        anchorRoot = startRoot;
        machine = stepper;
    }

    /// The states before the first steps of blocks `first`, `first` + 1, and so on.
    function derive(uint256 first, bytes32[] calldata states) external {
        if (msg.sender != oracle) revert NotOracle();
        for (uint256 i = 0; i < states.length; i++) firstState[first + i] = states[i];
        if (first + states.length > derivedBlock + 1) derivedBlock = first + states.length - 1;
    }

    // ---- moves ----

    function create(bytes32 root, uint256 l2Block) external payable {
        if (l2Block <= anchorBlock || l2Block > derivedBlock ||
            l2Block - anchorBlock > 1 << splitDepth) revert BadBlock();
        if (msg.value != requiredBond(1)) revert IncorrectBondAmount();
        bytes32 name = keccak256(abi.encode(root, l2Block));
        if (isProposed[name]) revert GameAlreadyExists();
        isProposed[name] = true;
        Game storage g = games.push();
        g.startBlock = anchorBlock;
        g.startRoot = anchorRoot;
        g.l2Block = l2Block;
        g.createdAt = uint64(block.timestamp);
        _say(g, NONE, root, 1, 0);
        emit Created(games.length - 1, root, l2Block, msg.sender);
    }

    function move(uint256 id, uint256 parent, bytes32 disputed, bytes32 value, bool isAttack)
        external payable
    {
        Game storage g = _running(id);
        Claim storage c = g.claims[parent];
        if (c.value != disputed) revert InvalidDisputedClaimIndex();
        uint128 next = (isAttack ? c.position : c.position | 1) << 1;
        uint256 depth = _depth(next);
        if (!isAttack && (parent == 0 || depth == splitDepth + 2)) revert CannotDefendRootClaim();
        if (depth > maxDepth) revert GameDepthExceeded();
        if (depth == splitDepth + 1) _checkSubRoot(g, parent, value, isAttack);
        if (msg.value != requiredBond(next)) revert IncorrectBondAmount();
        uint64 used = challengerDuration(id, parent);
        if (used == maxClock) revert ClockTimeExceeded();
        uint64 left = depth == splitDepth ? 2 * extension : extension;
        if (used > maxClock - left) used = maxClock - left;
        bytes32 name = keccak256(abi.encode(value, next, parent));
        if (g.said[name]) revert ClaimAlreadyExists();
        g.said[name] = true;
        g.answers[parent].push(g.claims.length);
        _say(g, parent, value, next, used);
        emit Move(id, parent, value, msg.sender);
    }

    /// Runs the machine from the state before the claim's leaf (attack) or from the claim's own.
    function step(uint256 id, uint256 i, bool isAttack, bytes calldata proof) external {
        Game storage g = _running(id);
        Claim storage c = g.claims[i];
        uint128 position = c.position;
        if (_depth(position) != maxDepth) revert InvalidParent();
        uint256 post = isAttack ? i : _ancestor(g, i, position + 1, splitDepth + 1);
        (bool isEmpty, bytes32 before, bytes32 afterwards) = _run(g, i, proof);
        if (!isEmpty && before << 8 != _stateBefore(g, i, isAttack) << 8) revert InvalidPrestate();
        bool isValid = afterwards == g.claims[post].value;
        bool agrees = (maxDepth - _depth(g.claims[post].position)) % 2 == 0;
        if (agrees == isValid) revert ValidStep();
        if (c.counteredBy != address(0)) revert DuplicateStep();
        c.counteredBy = msg.sender;
    }

    // ---- resolution ----

    function resolveClaim(uint256 id, uint256 i) external {
        Game storage g = _running(id);
        Claim storage c = g.claims[i];
        if (challengerDuration(id, i) < maxClock) revert ClockNotExpired();
        if (c.isResolved) revert ClaimAlreadyResolved();
        uint256[] storage answers = g.answers[i];
        address countered = c.counteredBy; // by a step
        uint128 leftmost = type(uint128).max;
        for (uint256 k = 0; k < answers.length; k++) {
            Claim storage answer = g.claims[answers[k]];
            if (!answer.isResolved) revert OutOfOrderResolution();
            if (answer.counteredBy != address(0) || leftmost <= answer.position) continue;
            countered = answer.claimant;
            leftmost = answer.position;
        }
        c.isResolved = true;
        c.counteredBy = countered;
        g.credit[countered == address(0) ? c.claimant : countered] += c.bond;
    }

    function resolve(uint256 id) external {
        Game storage g = _running(id);
        if (!g.claims[0].isResolved) revert OutOfOrderResolution();
        g.resolvedAt = uint64(block.timestamp);
        bool stands = g.claims[0].counteredBy == address(0);
        g.status = stands ? Status.DefenderWins : Status.ChallengerWins;
        if (stands && g.l2Block > anchorBlock) {
            anchorBlock = g.l2Block;
            anchorRoot = g.claims[0].value;
        }
        emit Resolved(id, g.status);
    }

    function claimCredit(uint256 id, address to) external {
        Game storage g = games[id];
        if (g.status == Status.InProgress) revert GameNotResolved();
        uint256 sum = g.credit[to];
        if (sum == 0) revert NoCreditToClaim();
        g.credit[to] = 0;
        (bool good, ) = to.call{value: sum}("");
        if (!good) revert BondTransferFailed();
    }

    // ---- views ----

    function nGames() external view returns (uint256) { return games.length; }

    function game(uint256 id) external view
        returns (uint256 startBlock, bytes32 startRoot, uint256 l2Block, uint64 createdAt,
                 uint64 resolvedAt, Status status, Claim[] memory claims)
    {
        Game storage g = games[id];
        return (g.startBlock, g.startRoot, g.l2Block, g.createdAt, g.resolvedAt, g.status, g.claims);
    }

    function credit(uint256 id, address who) external view returns (uint256) {
        return games[id].credit[who];
    }

    function requiredBond(uint128 position) public view returns (uint256) {
        uint256 depth = _depth(position);
        if (depth > maxDepth) revert GameDepthExceeded();
        uint256 gas_ = FIRST_GAS * 1e18;
        for (uint256 i = 0; i < depth; i++) gas_ = gas_ * multiplier / 1e18;
        return gas_ / 1e18 * BASE_FEE;
    }

    /// What the side that would answer a claim has used of its clock.
    function challengerDuration(uint256 id, uint256 i) public view returns (uint64) {
        Game storage g = _running(id);
        Claim storage c = g.claims[i];
        uint64 used = c.parent == NONE ? 0 : g.claims[c.parent].duration;
        used += uint64(block.timestamp) - c.timestamp;
        return used > maxClock ? maxClock : used;
    }

    // ---- helpers ----

    function _running(uint256 id) internal view returns (Game storage g) {
        g = games[id];
        if (g.status != Status.InProgress) revert GameNotInProgress();
    }

    function _say(Game storage g, uint256 parent, bytes32 value, uint128 position, uint64 used)
        internal
    {
        g.claims.push(Claim(parent, address(0), msg.sender, msg.value, value, position, used,
                            uint64(block.timestamp), false));
    }

    function _depth(uint128 position) internal pure returns (uint256 depth) {
        while (position > 1) {
            position >>= 1;
            depth++;
        }
    }

    /// The claim above `from` about the same leaf as `position`, which is highest, but not above a
    /// depth.
    function _ancestor(Game storage g, uint256 from, uint128 position, uint256 depth)
        internal view returns (uint256)
    {
        while (position > 1 && position & 1 == 1 && _depth(position) > depth) position >>= 1;
        while (g.claims[from].position != position) from = g.claims[from].parent;
        return from;
    }

    function _stateBefore(Game storage g, uint256 i, bool isAttack) internal view returns (bytes32) {
        uint128 position = g.claims[i].position;
        if (!isAttack) return g.claims[i].value;
        if (position % (uint256(1) << (maxDepth - splitDepth - 1)) == 0)
            return firstState[g.startBlock + 1 + _index(g, i)];
        return g.claims[_ancestor(g, i, position - 1, splitDepth + 1)].value;
    }

    /// The claims between which the execution is that a claim below the split is about; starting is
    /// NONE: the anchor's.
    function _outputs(Game storage g, uint256 i) internal view
        returns (uint256 starting, uint256 disputed)
    {
        uint256 above = g.claims[i].parent;
        while (_depth(g.claims[above].position) > splitDepth) {
            i = above;
            above = g.claims[i].parent;
        }
        uint128 position = g.claims[above].position;
        if (g.claims[i].position != position << 1)
            return (above, _ancestor(g, above, position + 1, 0));
        bool isFirst = position == uint256(1) << splitDepth;
        return (isFirst ? NONE : _ancestor(g, above, position - 1, 0), above);
    }

    /// Which block behind the anchor the execution is that a claim below the split is about.
    function _index(Game storage g, uint256 i) internal view returns (uint256) {
        uint256 root = uint256(g.claims[i].position) >> (maxDepth - splitDepth - 1);
        return (root >> 1) - (uint256(1) << splitDepth);
    }

    function _run(Game storage g, uint256 i, bytes calldata proof) internal
        returns (bool isEmpty, bytes32 before, bytes32 afterwards)
    {
        (uint256 starting, uint256 disputed) = _outputs(g, i);
        bytes32 root = g.claims[disputed].value;
        if (_index(g, i) >= g.l2Block - g.startBlock) { // behind the last block nothing is executed
            bytes32 at = starting == NONE ? g.startRoot : g.claims[starting].value;
            return (true, 0, at == root ? EMPTY_VALID : EMPTY_INVALID);
        }
        (bool good, bytes memory out) = machine.call(bytes.concat(root, proof));
        if (!good || out.length != 64) revert StepFailed();
        (before, afterwards) = abi.decode(out, (bytes32, bytes32));
    }

    /// What the root of an execution may say: of an attack, that the machine comes to another root
    /// than the claim's; of a defence the same, if the disputed root is the other side's.
    function _checkSubRoot(Game storage g, uint256 parent, bytes32 value, bool isAttack)
        internal view
    {
        bool isOther = isAttack;
        if (!isAttack) {
            uint256 disputed = _ancestor(g, parent, g.claims[parent].position + 1, 0);
            isOther = _depth(g.claims[disputed].position) % 2 == splitDepth % 2;
        }
        if (uint8(value[0]) != (isOther ? 1 : 0)) revert UnexpectedRootClaim();
    }
}
